import { type Scope, selectFrom } from '../db/scope.ts';
import type { Metadata } from '../stripe/metadata.ts';

/** What an invoice or an invoice item needs to know of the subscription that it belongs to. */
export type InvoicedSubscription = {
  readonly id: string;
  readonly customerId: string;
  readonly currency: string;
  readonly hasEnded: boolean;
  readonly defaultTaxRateIds: readonly string[];
  readonly metadata: Metadata;
};

/** Reads only: subscriptions belong to a later folder. */
export async function findInvoicedSubscription(scope: Scope, id: string): Promise<InvoicedSubscription | undefined> {
  const row = await selectFrom(scope, 'subscriptions')
    .select(['id', 'customer_id', 'currency', 'ended_at', 'default_tax_rate_ids', 'metadata'])
    .where('id', '=', id)
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      customerId: row.customer_id,
      currency: row.currency,
      hasEnded: row.ended_at !== null,
      defaultTaxRateIds: row.default_tax_rate_ids,
      metadata: row.metadata as Metadata,
    }
  );
}
