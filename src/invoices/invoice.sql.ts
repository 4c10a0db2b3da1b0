import { type Insertable, type RawBuilder, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import type { Customer, CustomField } from '../customers/customer.ts';
import { findCustomers } from '../customers/customer.sql.ts';
import { findNewestTaxIds } from '../customers/tax_id.sql.ts';
import { removeDue, setAllDue } from '../clocks/due_work.sql.ts';
import { insertRows, updateRows } from '../db/rows.ts';
import { deleteFrom, type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DB, Invoices } from '../db/tables.generated.ts';
import { brokenConstraint } from '../db/transaction.ts';
import { MAX_TAX_IDS } from '../limits.ts';
import { invalidRequest, lockTimeout, type StripeError } from '../stripe/errors.ts';
import { timeBounds } from '../stripe/lists.ts';
import type { Metadata } from '../stripe/metadata.ts';
import { balanceIn, expectedDue } from './balance.ts';
import { keptDiscounts, toInvoiceDiscounts } from './discount.ts';
import {
  type BillingReason,
  type CustomerSnapshot,
  type FinalizationError,
  finalizationOf,
  type Invoice,
  snapshotOf,
} from './invoice.ts';
import type { ListInvoicesParams } from './invoice.params.ts';
import { keptThresholdReason, toThresholdReason } from './threshold_reason.ts';
import { keptTaxes, type ShownTaxId, type TaxRounding, toTaxes } from './tax.ts';

/** What an invoice shows of its customer, and its default tax rates. */
type Shown = Pick<Invoice, 'customer' | 'customerTaxIds' | 'defaultTaxRates'>;

function toInvoice(row: Selectable<Invoices>, shown: Shown): Invoice {
  return {
    id: row.id,
    customerId: row.customer_id,
    subscriptionId: row.subscription_id,
    status: row.status,
    billingReason: row.billing_reason as BillingReason,
    thresholdReason: toThresholdReason(row.threshold_reason),
    collectionMethod: row.collection_method,
    currency: row.currency,
    number: row.number,
    numberIsCounted: row.number_is_counted,
    subtotal: row.subtotal,
    subtotalExcludingTax: row.subtotal_excluding_tax,
    discounts: toInvoiceDiscounts(row.discounts),
    taxRounding: row.tax_rounding as TaxRounding,
    taxes: toTaxes(row.taxes),
    totalExcludingTax: row.total_excluding_tax,
    total: row.total,
    startingBalance: row.starting_balance,
    endingBalance: row.ending_balance,
    amountDue: row.amount_due,
    amountPaid: row.amount_paid,
    amountPaidOffStripe: row.amount_paid_off_stripe,
    prePaymentCredit: row.pre_payment_credit_notes_amount,
    postPaymentCredit: row.post_payment_credit_notes_amount,
    autoAdvance: row.auto_advance,
    attempted: row.attempted,
    attemptCount: row.attempt_count,
    defaultPaymentMethodId: row.default_payment_method_id,
    paymentMethodTypes: row.payment_method_types,
    period: { start: row.period_start_at, end: row.period_end_at },
    dueAt: row.due_at,
    effectiveAt: row.effective_at,
    automaticallyFinalizesAt: row.automatically_finalizes_at,
    nextPaymentAttemptAt: row.next_payment_attempt_at,
    lastFinalizationError: row.last_finalization_error as FinalizationError | null,
    finalizedAt: row.finalized_at,
    paidAt: row.paid_at,
    markedUncollectibleAt: row.marked_uncollectible_at,
    uncollectibleReason: row.uncollectible_reason as Invoice['uncollectibleReason'],
    prorationAt: null,
    voidedAt: row.voided_at,
    isOfPendingUpdate: row.of_pending_update,
    ...shown,
    subscriptionMetadata: row.subscription_metadata as Metadata | null,
    description: row.description,
    customFields: row.custom_fields as CustomField[] | null,
    footer: row.footer,
    metadata: row.metadata as Metadata,
    testClockId: row.test_clock_id,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, invoice: Invoice): Insertable<Invoices> {
  return {
    account_id: scope.account.id,
    id: invoice.id,
    customer_id: invoice.customerId,
    subscription_id: invoice.subscriptionId,
    status: invoice.status,
    billing_reason: invoice.billingReason,
    threshold_reason: keptThresholdReason(invoice.thresholdReason),
    collection_method: invoice.collectionMethod,
    currency: invoice.currency,
    number: invoice.number,
    number_is_counted: invoice.numberIsCounted,
    subtotal: invoice.subtotal,
    subtotal_excluding_tax: invoice.subtotalExcludingTax,
    discounts: keptDiscounts(invoice.discounts),
    default_tax_rate_ids: invoice.defaultTaxRates.map(({ id }) => id),
    tax_rounding: invoice.taxRounding,
    taxes: keptTaxes(invoice.taxes),
    total_excluding_tax: invoice.totalExcludingTax,
    total: invoice.total,
    starting_balance: invoice.startingBalance,
    ending_balance: invoice.endingBalance,
    amount_due: invoice.amountDue,
    amount_paid: invoice.amountPaid,
    amount_paid_off_stripe: invoice.amountPaidOffStripe,
    pre_payment_credit_notes_amount: invoice.prePaymentCredit,
    post_payment_credit_notes_amount: invoice.postPaymentCredit,
    auto_advance: invoice.autoAdvance,
    attempted: invoice.attempted,
    attempt_count: invoice.attemptCount,
    default_payment_method_id: invoice.defaultPaymentMethodId,
    payment_method_types: invoice.paymentMethodTypes === null ? null : [...invoice.paymentMethodTypes],
    period_start_at: invoice.period.start,
    period_end_at: invoice.period.end,
    due_at: invoice.dueAt,
    effective_at: invoice.effectiveAt,
    automatically_finalizes_at: invoice.automaticallyFinalizesAt,
    next_payment_attempt_at: invoice.nextPaymentAttemptAt,
    last_finalization_error: invoice.lastFinalizationError && JSON.stringify(invoice.lastFinalizationError),
    finalized_at: invoice.finalizedAt,
    paid_at: invoice.paidAt,
    marked_uncollectible_at: invoice.markedUncollectibleAt,
    uncollectible_reason: invoice.uncollectibleReason,
    voided_at: invoice.voidedAt,
    of_pending_update: invoice.isOfPendingUpdate,
    customer_snapshot: invoice.status === 'draft' ? null : JSON.stringify(invoice.customer),
    customer_tax_ids: invoice.status === 'draft' ? null : JSON.stringify(invoice.customerTaxIds),
    subscription_metadata: invoice.subscriptionMetadata && JSON.stringify(invoice.subscriptionMetadata),
    description: invoice.description,
    custom_fields: invoice.customFields === null ? null : JSON.stringify(invoice.customFields),
    footer: invoice.footer,
    metadata: JSON.stringify(invoice.metadata),
    test_clock_id: invoice.testClockId,
    created_at: invoice.createdAt,
  };
}

/**
 * Stores new invoices; a draft that goes on by itself is due then. Throws when another invoice has the number that was
 * chosen for one of them.
 */
export async function insertInvoices(scope: Scope, invoices: readonly Invoice[]): Promise<void> {
  try {
    const rows = invoices.map((invoice) => toRow(scope, invoice));
    await insertRows(scope, 'invoices', rows);
  } catch (error) {
    throw takenNumber(error, invoices) ?? error;
  }
  await setAllDue(
    scope,
    invoices.map(finalizationWork).filter(({ dueAt }) => dueAt !== null),
  );
}

/** Writes all of locked invoices, as `updateInvoice` does of one. */
export async function updateInvoices(scope: Scope, invoices: readonly Invoice[]): Promise<void> {
  try {
    const rows = invoices.map((invoice) => toRow(scope, invoice));
    await updateRows(scope, 'invoices', rows);
  } catch (error) {
    throw takenNumber(error, invoices) ?? error;
  }
  await setAllDue(scope, invoices.map(finalizationWork));
}

/** Writes all of a locked invoice, and when it is due to be finalized. Throws when another invoice has the number that was chosen for this one. */
export async function updateInvoice(scope: Scope, invoice: Invoice): Promise<void> {
  await updateInvoices(scope, [invoice]);
}

function finalizationWork(invoice: Invoice) {
  const { id: objectId, customerId, testClockId } = invoice;
  return { kind: 'finalize_invoice', objectId, customerId, testClockId, dueAt: finalizationOf(invoice) } as const;
}

function takenNumber(error: unknown, invoices: readonly Invoice[]): StripeError | undefined {
  if (brokenConstraint(error) !== 'invoices_number_key') return undefined;
  // Numbers that are taken one after the other are looked up first: another request has just chosen this one.
  const draft = invoices.find(({ status }) => status === 'draft');
  if (draft === undefined) return lockTimeout();
  return invalidRequest(`The invoice number '${draft.number}' is already used by another invoice.`, 'number');
}

/** Those of some numbers that invoices of the account have: they are then counted as given, and can't be given back. */
export async function countChosenNumbers(scope: Scope, numbers: readonly string[]): Promise<Set<string>> {
  const rows = await updateTable(scope, 'invoices')
    .set({ number_is_counted: true })
    .where('number', 'in', numbers)
    .returning('number')
    .execute();
  return new Set(rows.flatMap(({ number }) => number ?? []));
}

/** The largest number of a prefix that an invoice has; 0 where none has one. The prefix is of letters and digits. */
export async function lastSequence(scope: Scope, prefix: string): Promise<bigint> {
  const row = await selectFrom(scope, 'invoices')
    .select(sql<bigint | null>`max(substring(number from '-([0-9]{1,15})$')::bigint)`.as('last'))
    .where('number', '~', `^${prefix}-[0-9]{1,15}$`)
    .executeTakeFirst();
  return row?.last ?? 0n;
}

/** Holds an invoice against other writers until the end of the transaction. */
export async function lockInvoiceRow(scope: Scope, id: string): Promise<void> {
  await selectFrom(scope, 'invoices').select('id').where('id', '=', id).forUpdate().execute();
}

/** The invoices of these ids that exist, held so. `known` are customers of them that have been read, and are locked. */
export async function lockInvoices(
  scope: Scope,
  ids: readonly string[],
  known: readonly Customer[] = [],
): Promise<Invoice[]> {
  if (ids.length === 0) return [];
  const locked = selectFrom(scope, 'invoices').selectAll().where('id', 'in', ids).orderBy('id').forUpdate();
  return await withCustomers(scope, await locked.execute(), known);
}

/** Takes an invoice away that has no lines any more. */
export async function removeInvoice(scope: Scope, id: string): Promise<void> {
  await deleteFrom(scope, 'invoices').where('id', '=', id).execute();
  await removeDue(scope, { objectId: id, kind: 'finalize_invoice' });
}

export async function findInvoices(scope: Scope, ids: readonly string[]): Promise<Invoice[]> {
  if (ids.length === 0) return [];
  return await withCustomers(scope, await selectFrom(scope, 'invoices').selectAll().where('id', 'in', ids).execute());
}

/** The ids of the invoices that are not settled and would be paid with a method; held until the end of the transaction. */
export async function lockInvoicesPaidWith(scope: Scope, methodId: string): Promise<string[]> {
  const rows = await selectFrom(scope, 'invoices')
    .select('id')
    .where('default_payment_method_id', '=', methodId)
    .where('status', 'in', ['draft', 'open', 'uncollectible'])
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map((row) => row.id);
}

/** Whose invoices: of a subscription, or all of a customer. */
export type AdvancingInvoicesOf = { readonly subscriptionId: string } | { readonly customerId: string };

/** The ids of invoices that would still go on by themselves; held until the end of the transaction. */
export async function lockAdvancingInvoices(scope: Scope, of: AdvancingInvoicesOf): Promise<string[]> {
  const query = selectFrom(scope, 'invoices').select('id');
  const owned =
    'subscriptionId' in of
      ? query.where('subscription_id', '=', of.subscriptionId)
      : query.where('customer_id', '=', of.customerId);
  const rows = await owned
    .where('status', 'in', ['draft', 'open'])
    .where('auto_advance', '=', true)
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map((row) => row.id);
}

/** Completes rows by their tax rates; and drafts, which keep no copy of the customer, by the customer, its tax ids and its balance as they are. */
export async function withCustomers(
  scope: Scope,
  rows: readonly Selectable<Invoices>[],
  known: readonly Customer[] = [],
): Promise<Invoice[]> {
  const ratesOf = await findDefaultRates(scope, rows);
  const drafts = rows.filter((row) => row.customer_snapshot === null);
  const customerIds = [...new Set(drafts.map((row) => row.customer_id))];
  const current = new Map(known.map((customer) => [customer.id, customer]));
  const unknown = customerIds.filter((id) => !current.has(id));
  const found = unknown.length === 0 ? [] : await findCustomers(scope, unknown);
  for (const customer of found) current.set(customer.id, customer);
  const taxIds = Map.groupBy(await findNewestTaxIds(scope, customerIds, MAX_TAX_IDS), (taxId) => taxId.customerId);
  return rows.map((row) => {
    const defaultTaxRates = ratesOf(row);
    const customer = row.customer_snapshot === null ? current.get(row.customer_id) : undefined;
    if (customer === undefined) {
      const snapshot = row.customer_snapshot as CustomerSnapshot;
      return toInvoice(row, {
        customer: snapshot,
        customerTaxIds: row.customer_tax_ids as ShownTaxId[],
        defaultTaxRates,
      });
    }
    const customerTaxIds = (taxIds.get(customer.id) ?? []).map(({ type, value }) => ({ type, value }));
    const startingBalance = balanceIn(customer, row.currency);
    const amountDue = expectedDue({ total: row.total, startingBalance });
    const invoice = toInvoice(row, { customer: snapshotOf(customer), customerTaxIds, defaultTaxRates });
    return { ...invoice, startingBalance, amountDue };
  });
}

async function findDefaultRates(
  scope: Scope,
  rows: readonly Selectable<Invoices>[],
): Promise<(row: Selectable<Invoices>) => TaxRate[]> {
  const ids = new Set(rows.flatMap((row) => row.default_tax_rate_ids));
  const rates = new Map((await findTaxRates(scope, [...ids])).map((rate) => [rate.id, rate]));
  return (row) => row.default_tax_rate_ids.flatMap((id) => rates.get(id) ?? []);
}

/** A part of why a draft could not be finalized, to be searched by. */
export function finalizationErrorPart(name: 'code' | 'type'): RawBuilder<string | null> {
  return sql`last_finalization_error ->> ${sql.lit(name)}`;
}

type Listed = SelectQueryBuilder<DB, 'invoices', object>;

/** The filters of the list, but for paging and `created`. */
export function filterInvoices(query: Listed, params: ListInvoicesParams & { test_clock?: string }): Listed {
  const isOfParent = params.customer !== undefined || params.subscription !== undefined;
  // What lives on a clock is listed by its customer or subscription, and not beside what lives in wall time.
  let filtered = isOfParent || params.test_clock !== undefined ? query : query.where('test_clock_id', 'is', null);
  if (params.test_clock !== undefined) filtered = filtered.where('test_clock_id', '=', params.test_clock);
  if (params.customer !== undefined) filtered = filtered.where('customer_id', '=', params.customer);
  if (params.subscription !== undefined) filtered = filtered.where('subscription_id', '=', params.subscription);
  if (params.status !== undefined) filtered = filtered.where('status', '=', params.status);
  if (params.collection_method !== undefined) {
    filtered = filtered.where('collection_method', '=', params.collection_method);
  }
  const { from, before } = params.due_date === undefined ? {} : timeBounds(params.due_date);
  if (from !== undefined) filtered = filtered.where('due_at', '>=', from);
  if (before !== undefined) filtered = filtered.where('due_at', '<', before);
  return filtered;
}
