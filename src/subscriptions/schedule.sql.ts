import type { Insertable, Selectable, SelectQueryBuilder } from 'kysely';
import { updateRows } from '../db/rows.ts';
import { type Scope, selectFrom } from '../db/scope.ts';
import type { DB, SubscriptionSchedules } from '../db/tables.generated.ts';
import { timeBounds, type TimeRange } from '../stripe/lists.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { ListSchedulesParams } from './schedule.params.ts';
import {
  type AddedItem,
  type AddedPeriod,
  NO_SETTINGS,
  type PeriodEdge,
  type Phase,
  type PhaseItem,
  type PhaseSettings,
  type Schedule,
  WHOLE_PERIOD,
} from './schedule.ts';

export function toSchedule(row: Selectable<SubscriptionSchedules>): Schedule {
  return {
    id: row.id,
    customerId: row.customer_id,
    testClockId: row.test_clock_id,
    status: row.status,
    billingMode: row.billing_mode,
    prorationDiscounts: row.proration_discounts,
    billingModeUpdatedAt: row.billing_mode_updated_at,
    endBehavior: row.end_behavior,
    defaults: toSettings(row.defaults as KeptSettings),
    phases: (row.phases as readonly Kept[]).map(toPhase),
    currentPhase: row.current_phase,
    metadata: row.metadata as Metadata,
    subscriptionId: row.subscription_id,
    releasedSubscriptionId: row.released_subscription_id,
    canceledAt: row.canceled_at,
    completedAt: row.completed_at,
    releasedAt: row.released_at,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, schedule: Schedule): Insertable<SubscriptionSchedules> {
  return {
    account_id: scope.account.id,
    id: schedule.id,
    customer_id: schedule.customerId,
    test_clock_id: schedule.testClockId,
    status: schedule.status,
    billing_mode: schedule.billingMode,
    proration_discounts: schedule.prorationDiscounts,
    billing_mode_updated_at: schedule.billingModeUpdatedAt,
    end_behavior: schedule.endBehavior,
    defaults: JSON.stringify(keptSettings(schedule.defaults)),
    phases: JSON.stringify(schedule.phases.map(keptPhase)),
    current_phase: schedule.currentPhase,
    metadata: JSON.stringify(schedule.metadata),
    subscription_id: schedule.subscriptionId,
    released_subscription_id: schedule.releasedSubscriptionId,
    canceled_at: schedule.canceledAt,
    completed_at: schedule.completedAt,
    released_at: schedule.releasedAt,
    created_at: schedule.createdAt,
  };
}

/** Settings as jsonb holds them: amounts are text, so that none passes through a float. What is older than a field lacks it. */
type KeptSettings = Omit<PhaseSettings, 'thresholds' | 'invoiceSettings'> & {
  readonly thresholds?: { readonly amount: string | null; readonly resetsAnchor: boolean | null } | null;
  readonly invoiceSettings?: PhaseSettings['invoiceSettings'];
};

/** A phase likewise: quantities and times are text, too. */
type Kept = KeptSettings &
  Omit<Phase, keyof PhaseSettings | 'start' | 'end' | 'trialEnd' | 'items' | 'addedItems'> & {
    readonly start: string;
    readonly end: string;
    readonly trialEnd: string | null;
    readonly items: readonly KeptItem[];
    readonly addedItems: readonly KeptAddedItem[];
  };

type KeptItem = Omit<PhaseItem, 'quantity' | 'thresholdUsage'> & {
  readonly quantity: string | null;
  readonly thresholdUsage?: string | null;
};

type KeptAddedItem = Omit<AddedItem, 'quantity' | 'period'> & {
  readonly quantity: string;
  readonly period?: { readonly start: KeptEdge; readonly end: KeptEdge };
};

type KeptEdge = { readonly type: string; readonly at: string | null };

function toSettings({ thresholds = null, invoiceSettings, ...kept }: KeptSettings): PhaseSettings {
  return {
    ...kept,
    thresholds: thresholds && { ...thresholds, amount: toBigInt(thresholds.amount) },
    invoiceSettings: invoiceSettings ?? NO_SETTINGS.invoiceSettings,
  };
}

function keptSettings({ thresholds, ...settings }: PhaseSettings): Required<KeptSettings> {
  return {
    ...settings,
    thresholds: thresholds && { ...thresholds, amount: thresholds.amount?.toString() ?? null },
  };
}

function toPhase({ start, end, trialEnd, items, addedItems, ...kept }: Kept): Phase {
  return {
    ...kept,
    ...toSettings(kept),
    start: Temporal.Instant.from(start),
    end: Temporal.Instant.from(end),
    trialEnd: toInstant(trialEnd),
    items: items.map((item) => ({
      ...item,
      quantity: toBigInt(item.quantity),
      thresholdUsage: toBigInt(item.thresholdUsage ?? null),
    })),
    addedItems: addedItems.map((item) => ({
      ...item,
      quantity: BigInt(item.quantity),
      period: item.period === undefined ? WHOLE_PERIOD : toAddedPeriod(item.period),
    })),
  };
}

function toAddedPeriod({ start, end }: NonNullable<KeptAddedItem['period']>): AddedPeriod {
  const edges = { start: { ...start, at: toInstant(start.at) }, end: { ...end, at: toInstant(end.at) } };
  return edges as AddedPeriod;
}

function keptPhase({ start, end, trialEnd, items, addedItems, ...phase }: Phase): Kept {
  return {
    ...phase,
    ...keptSettings(phase),
    start: start.toString(),
    end: end.toString(),
    trialEnd: trialEnd?.toString() ?? null,
    items: items.map((item) => ({
      ...item,
      quantity: item.quantity?.toString() ?? null,
      thresholdUsage: item.thresholdUsage?.toString() ?? null,
    })),
    addedItems: addedItems.map(({ quantity, period, ...item }) => ({
      ...item,
      quantity: String(quantity),
      period: { start: keptEdge(period.start), end: keptEdge(period.end) },
    })),
  };
}

function keptEdge({ type, at }: PeriodEdge<string>): KeptEdge {
  return { type, at: at?.toString() ?? null };
}

function toBigInt(kept: string | null): bigint | null {
  return kept === null ? null : BigInt(kept);
}

function toInstant(kept: string | null): Temporal.Instant | null {
  return kept === null ? null : Temporal.Instant.from(kept);
}

export async function insertSchedule(scope: Scope, schedule: Schedule): Promise<void> {
  await scope.db.insertInto('subscription_schedules').values(toRow(scope, schedule)).execute();
}

/** Writes all of schedules that exist, any number by one statement. */
export async function updateSchedules(scope: Scope, schedules: readonly Schedule[]): Promise<void> {
  const rows = schedules.map((schedule) => toRow(scope, schedule));
  await updateRows(scope, 'subscription_schedules', rows);
}

export async function findSchedules(scope: Scope, ids: readonly string[]): Promise<Schedule[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'subscription_schedules').selectAll().where('id', 'in', ids).execute();
  return rows.map(toSchedule);
}

/** The schedules of these ids that exist, held against other writers until the end of the transaction. */
export async function lockSchedules(scope: Scope, ids: readonly string[]): Promise<Schedule[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'subscription_schedules')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map(toSchedule);
}

/** The customer's schedules that are still to start, oldest first. */
export async function findScheduledIds(scope: Scope, customerId: string): Promise<string[]> {
  const rows = await selectFrom(scope, 'subscription_schedules')
    .select('id')
    .where('customer_id', '=', customerId)
    .where('status', '=', 'not_started')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

type Listed = SelectQueryBuilder<DB, 'subscription_schedules', object>;

/** The filters of the list, but for paging and `created`. What lives on a clock is listed by its customer only. */
export function filterSchedules(query: Listed, params: ListSchedulesParams): Listed {
  const { customer, scheduled } = params;
  let filtered =
    customer === undefined ? query.where('test_clock_id', 'is', null) : query.where('customer_id', '=', customer);
  if (scheduled !== undefined) filtered = filtered.where('status', scheduled ? '=' : '!=', 'not_started');
  filtered = within(filtered, 'canceled_at', params.canceled_at);
  filtered = within(filtered, 'completed_at', params.completed_at);
  return within(filtered, 'released_at', params.released_at);
}

function within(
  query: Listed,
  column: 'canceled_at' | 'completed_at' | 'released_at',
  range: TimeRange | undefined,
): Listed {
  if (range === undefined) return query;
  const { from, before } = timeBounds(range);
  let bounded = query.where(column, 'is not', null);
  if (from !== undefined) bounded = bounded.where(column, '>=', from);
  return before === undefined ? bounded : bounded.where(column, '<', before);
}
