import type { Insertable, Selectable, SelectQueryBuilder } from 'kysely';
import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import { updateChangedRows } from '../db/rows.ts';
import { type Scope, selectFrom } from '../db/scope.ts';
import type { DB, Subscriptions } from '../db/tables.generated.ts';
import { timeBounds, type TimeRange } from '../stripe/lists.ts';
import type { Metadata } from '../stripe/metadata.ts';
import { findItemsOf, insertItems } from './item.sql.ts';
import type { ListSubscriptionsParams } from './subscription.params.ts';
import { keptUpdate, readUpdates } from './pending_update.sql.ts';
import { hasThresholds } from './thresholds.ts';
import { fromTiming, toTiming } from './timing.sql.ts';
import { type InvoiceSettings, keptSettings, NO_INVOICE_SETTINGS } from './invoice_settings.ts';
import type { Cancellation, Subscription } from './subscription.ts';

type Referred = Pick<Subscription, 'defaultTaxRates' | 'items' | 'pendingUpdate'>;

function toSubscription(row: Selectable<Subscriptions>, referred: Referred): Subscription {
  return {
    id: row.id,
    customerId: row.customer_id,
    status: row.status,
    billingMode: row.billing_mode,
    prorationDiscounts: row.proration_discounts,
    billingModeUpdatedAt: row.billing_mode_updated_at,
    collectionMethod: row.collection_method,
    daysUntilDue: row.days_until_due,
    defaultPaymentMethodId: row.default_payment_method_id,
    paymentMethodTypes: row.payment_method_types,
    saveDefaultPaymentMethod: row.save_default_payment_method,
    currency: row.currency,
    description: row.description,
    invoiceSettings: (row.invoice_settings as InvoiceSettings | null) ?? NO_INVOICE_SETTINGS,
    discountIds: row.discount_ids,
    metadata: row.metadata as Metadata,
    ...toTiming(row),
    upcomingToldFor: row.upcoming_told_for,
    scheduleId: row.schedule_id,
    startedAt: row.started_at,
    cancelAt: row.cancel_at,
    cancelAtPeriodEnd: row.cancel_at_period_end,
    canceledAt: row.canceled_at,
    endedAt: row.ended_at,
    cancellation: {
      reason: row.cancellation_reason as Cancellation['reason'],
      comment: row.cancellation_comment,
      feedback: row.cancellation_feedback as Cancellation['feedback'],
    },
    latestInvoiceId: row.latest_invoice_id,
    testClockId: row.test_clock_id,
    createdAt: row.created_at,
    ...referred,
  };
}

function toRow(scope: Scope, subscription: Subscription): Insertable<Subscriptions> {
  return {
    account_id: scope.account.id,
    id: subscription.id,
    customer_id: subscription.customerId,
    status: subscription.status,
    billing_mode: subscription.billingMode,
    proration_discounts: subscription.prorationDiscounts,
    billing_mode_updated_at: subscription.billingModeUpdatedAt,
    collection_method: subscription.collectionMethod,
    days_until_due: subscription.daysUntilDue,
    default_payment_method_id: subscription.defaultPaymentMethodId,
    payment_method_types: subscription.paymentMethodTypes === null ? null : [...subscription.paymentMethodTypes],
    save_default_payment_method: subscription.saveDefaultPaymentMethod,
    currency: subscription.currency,
    description: subscription.description,
    invoice_settings: keptSettings(subscription.invoiceSettings),
    discount_ids: [...subscription.discountIds],
    default_tax_rate_ids: subscription.defaultTaxRates.map(({ id }) => id),
    metadata: JSON.stringify(subscription.metadata),
    ...fromTiming(subscription),
    has_thresholds: hasThresholds(subscription),
    pending_update: keptUpdate(subscription.pendingUpdate),
    upcoming_told_for: subscription.upcomingToldFor,
    schedule_id: subscription.scheduleId,
    started_at: subscription.startedAt,
    cancel_at: subscription.cancelAt,
    cancel_at_period_end: subscription.cancelAtPeriodEnd,
    canceled_at: subscription.canceledAt,
    ended_at: subscription.endedAt,
    cancellation_reason: subscription.cancellation.reason,
    cancellation_comment: subscription.cancellation.comment,
    cancellation_feedback: subscription.cancellation.feedback,
    latest_invoice_id: subscription.latestInvoiceId,
    test_clock_id: subscription.testClockId,
    created_at: subscription.createdAt,
  };
}

/** Stores a subscription with its items. */
export async function insertSubscription(scope: Scope, subscription: Subscription): Promise<void> {
  await scope.db.insertInto('subscriptions').values(toRow(scope, subscription)).execute();
  await insertItems(scope, subscription.items);
}

/** Stores what changes of locked subscriptions themselves, any number of them by one statement; items have updates of their own. */
export async function updateSubscriptions(
  scope: Scope,
  changes: readonly { readonly before: Subscription; readonly after: Subscription }[],
): Promise<void> {
  const rows = changes.map(({ before, after }) => ({ before: toRow(scope, before), after: toRow(scope, after) }));
  await updateChangedRows(scope, 'subscriptions', rows);
}

export async function findSubscription(scope: Scope, id: string): Promise<Subscription | undefined> {
  return (await findSubscriptions(scope, [id]))[0];
}

export async function findSubscriptions(scope: Scope, ids: readonly string[]): Promise<Subscription[]> {
  if (ids.length === 0) return [];
  return await withItems(scope, await selectFrom(scope, 'subscriptions').selectAll().where('id', 'in', ids).execute());
}

/** A subscription, held against other writers of it or its items until the end of the transaction. */
export async function lockSubscription(scope: Scope, id: string): Promise<Subscription | undefined> {
  return (await lockSubscriptions(scope, [id]))[0];
}

/** The subscriptions of these ids that exist, held so, in the order of their ids. */
export async function lockSubscriptions(scope: Scope, ids: readonly string[]): Promise<Subscription[]> {
  if (ids.length === 0) return [];
  const locked = selectFrom(scope, 'subscriptions').selectAll().where('id', 'in', ids).orderBy('id').forUpdate();
  return await withItems(scope, await locked.execute());
}

/** The subscriptions that have not ended and would be paid with a method; held until the end of the transaction. */
export async function lockSubscriptionsPaidWith(scope: Scope, methodId: string): Promise<Subscription[]> {
  const rows = await selectFrom(scope, 'subscriptions')
    .selectAll()
    .where('default_payment_method_id', '=', methodId)
    .where('ended_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();
  return await withItems(scope, rows);
}

/** The ids of a customer's subscriptions that have not ended, oldest first. */
export async function findActiveIds(scope: Scope, customerId: string): Promise<string[]> {
  const rows = await selectFrom(scope, 'subscriptions')
    .select('id')
    .where('customer_id', '=', customerId)
    .where('ended_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

/** The id of the customer's subscription that renews next, of those that renew at once the oldest. */
export async function findNextToRenew(scope: Scope, customerId: string): Promise<string | undefined> {
  const row = await selectFrom(scope, 'subscriptions')
    .innerJoin('subscription_items', (join) =>
      join
        .onRef('subscription_items.account_id', '=', 'subscriptions.account_id')
        .onRef('subscription_items.subscription_id', '=', 'subscriptions.id'),
    )
    .select('subscriptions.id')
    .where('subscriptions.customer_id', '=', customerId)
    .where('subscriptions.ended_at', 'is', null)
    .orderBy('subscription_items.current_period_end_at')
    .orderBy('subscriptions.created_at')
    .orderBy('subscriptions.id')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

/** The subscriptions on a clock that have not ended. */
export async function findActiveOnClock(scope: Scope, testClockId: string): Promise<Subscription[]> {
  const rows = await selectFrom(scope, 'subscriptions')
    .selectAll()
    .where('test_clock_id', '=', testClockId)
    .where('ended_at', 'is', null)
    .execute();
  return await withItems(scope, rows);
}

export async function countActive(scope: Scope, customerId: string): Promise<bigint> {
  const row = await selectFrom(scope, 'subscriptions')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('customer_id', '=', customerId)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Those of these ids that wait for an invoice to be paid. */
export async function findBehind(scope: Scope, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await selectFrom(scope, 'subscriptions')
    .select('id')
    .where('id', 'in', ids)
    .where('status', 'in', ['incomplete', 'past_due', 'unpaid'])
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** The newest subscriptions of each customer that have not ended, at most `count` each. */
export async function findNewestActive(
  scope: Scope,
  customerIds: readonly string[],
  count: number,
): Promise<Subscription[]> {
  const ranked = selectFrom(scope, 'subscriptions')
    .selectAll()
    .select((eb) =>
      eb.fn
        .agg<bigint>('row_number')
        .over((over) => over.partitionBy('customer_id').orderBy('created_at', 'desc').orderBy('id', 'desc'))
        .as('rank'),
    )
    .where('customer_id', 'in', customerIds)
    .where('ended_at', 'is', null);
  const rows = await scope.db
    // unscoped: the ranked rows are those of the account
    .selectFrom(ranked.as('ranked'))
    .selectAll()
    .where('rank', '<=', BigInt(count))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return await withItems(scope, rows);
}

/** Completes rows by their items and prices, in two queries, and by tax rates, where there are any. */
export async function withItems(scope: Scope, rows: readonly Selectable<Subscriptions>[]): Promise<Subscription[]> {
  const items = await findItemsOf(
    scope,
    rows.map((row) => row.id),
  );
  const rateIds = new Set(rows.flatMap((row) => row.default_tax_rate_ids));
  const rates = new Map((await findTaxRates(scope, [...rateIds])).map((rate) => [rate.id, rate]));
  const updates = await readUpdates(
    scope,
    rows.map((row) => row.pending_update),
  );
  return rows.map((row, place) => {
    const defaultTaxRates = row.default_tax_rate_ids.flatMap((id) => rates.get(id) ?? []);
    return toSubscription(row, {
      items: items.get(row.id) ?? [],
      defaultTaxRates,
      pendingUpdate: updates[place] ?? null,
    });
  });
}

type Listed = SelectQueryBuilder<DB, 'subscriptions', object>;

/** The filters of the list, but for paging and `created`. */
export function filterSubscriptions(query: Listed, params: ListSubscriptionsParams): Listed {
  let filtered = filterClock(filterStatus(query, params.status), params);
  if (params.customer !== undefined) filtered = filtered.where('customer_id', '=', params.customer);
  if (params.collection_method !== undefined) {
    filtered = filtered.where('collection_method', '=', params.collection_method);
  }
  // A plan is what prices were called before, and has the id of its price.
  for (const price of [params.price, params.plan].filter((id) => id !== undefined)) {
    filtered = filtered.where((eb) =>
      eb.exists(
        eb
          // unscoped: tied to the subscription's own account
          .selectFrom('subscription_items')
          .select('subscription_items.id')
          .whereRef('subscription_items.account_id', '=', 'subscriptions.account_id')
          .whereRef('subscription_items.subscription_id', '=', 'subscriptions.id')
          .where('subscription_items.price_id', '=', price),
      ),
    );
  }
  filtered = filterPeriod(filtered, 'current_period_start_at', params.current_period_start);
  return filterPeriod(filtered, 'current_period_end_at', params.current_period_end);
}

/** What lives on a clock is listed by its clock or by its customer, and not beside what lives in wall time. */
function filterClock(query: Listed, { test_clock: testClockId, customer }: ListSubscriptionsParams): Listed {
  if (testClockId !== undefined) return query.where('test_clock_id', '=', testClockId);
  return customer === undefined ? query.where('test_clock_id', 'is', null) : query;
}

/** Without a status the list leaves out what is canceled; `ended` is canceled or never became complete. */
function filterStatus(query: Listed, status: ListSubscriptionsParams['status']): Listed {
  if (status === 'all') return query;
  if (status === undefined) return query.where('status', '!=', 'canceled');
  return status === 'ended' ? query.where('ended_at', 'is not', null) : query.where('status', '=', status);
}

type PeriodColumn = 'current_period_start_at' | 'current_period_end_at';

/** Stripe looks at the earliest of the items' period starts, or ends. */
function filterPeriod(query: Listed, column: PeriodColumn, range: TimeRange | undefined): Listed {
  if (range === undefined) return query;
  const { from, before } = timeBounds(range);
  return query.where((eb) => {
    const earliest = eb
      // unscoped: tied to the subscription's own account
      .selectFrom('subscription_items')
      .select((item) => item.fn.min(`subscription_items.${column}`).as('earliest'))
      .whereRef('subscription_items.account_id', '=', 'subscriptions.account_id')
      .whereRef('subscription_items.subscription_id', '=', 'subscriptions.id');
    return eb.and([
      ...(from === undefined ? [] : [eb(earliest, '>=', from)]),
      ...(before === undefined ? [] : [eb(earliest, '<', before)]),
    ]);
  });
}
