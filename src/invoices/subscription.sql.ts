import { type Scope, selectFrom } from '../db/scope.ts';
import type { Metadata } from '../stripe/metadata.ts';

/** What an invoice or an invoice item needs to know of the subscription that it belongs to. */
export type InvoicedSubscription = {
  readonly id: string;
  readonly customerId: string;
  readonly currency: string;
  readonly hasEnded: boolean;
  /** Its first invoice was not paid yet. */
  readonly isIncomplete: boolean;
  readonly defaultTaxRateIds: readonly string[];
  readonly metadata: Metadata;
  readonly defaultPaymentMethodId: string | null;
  readonly paymentMethodTypes: readonly string[] | null;
  /** What pays one of its invoices becomes its default. */
  readonly savesPaymentMethod: boolean;
};

/** Reads only: subscriptions belong to a later folder. */
export async function findInvoicedSubscription(scope: Scope, id: string): Promise<InvoicedSubscription | undefined> {
  return (await findInvoicedSubscriptions(scope, [id])).get(id);
}

/** Those of these ids that exist, by id. */
export async function findInvoicedSubscriptions(
  scope: Scope,
  ids: readonly string[],
): Promise<Map<string, InvoicedSubscription>> {
  if (ids.length === 0) return new Map();
  const rows = await selectFrom(scope, 'subscriptions')
    .select([
      'id',
      'customer_id',
      'currency',
      'ended_at',
      'status',
      'default_tax_rate_ids',
      'metadata',
      'default_payment_method_id',
      'payment_method_types',
      'save_default_payment_method',
    ])
    .where('id', 'in', ids)
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        customerId: row.customer_id,
        currency: row.currency,
        hasEnded: row.ended_at !== null,
        isIncomplete: row.status === 'incomplete',
        defaultTaxRateIds: row.default_tax_rate_ids,
        metadata: row.metadata as Metadata,
        defaultPaymentMethodId: row.default_payment_method_id,
        paymentMethodTypes: row.payment_method_types,
        savesPaymentMethod: row.save_default_payment_method === 'on_subscription',
      },
    ]),
  );
}

/** Holds the subscription of an invoice, which comes before the invoice in the order of locks. */
export async function lockInvoicedSubscription(scope: Scope, id: string | null): Promise<void> {
  if (id === null) return;
  await selectFrom(scope, 'subscriptions').select('id').where('id', '=', id).forUpdate().execute();
}
