import { DEFAULT_LIST_LIMIT, LATE_USAGE_SLICE, MAX_LATE_USAGE_INVOICES } from '../../limits.ts';
import type { Scope } from '../../db/scope.ts';
import { requireFiltered } from '../../invoices/read.ts';
import { findMeter } from '../../metering/meter.sql.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../../stripe/errors.ts';
import { ID_PREFIXES } from '../../stripe/ids.ts';
import { exclusiveCursors, timeBounds } from '../../stripe/lists.ts';
import { requireSubscription } from '../../subscriptions/change.ts';
import { type BilledPeriod, findLateTerms, judgeAll, type LateStatus, type LateUsage } from './late_usage.ts';
import type { ListLateUsageParams } from './late_usage.params.ts';
import {
  type InvoiceFilter,
  type InvoicePlace,
  nextInvoices,
  periodsOfInvoices,
  placeOfLine,
} from './late_usage.sql.ts';

/** Which late usage is asked for; the times are those at which the invoices of its periods were made. */
type LateFilter = InvoiceFilter & {
  readonly meterId: string | undefined;
  readonly status: LateStatus | undefined;
};

/** Behind which period a walk begins. */
type Place = InvoicePlace & { readonly position: number };

type Walk = {
  readonly filter: LateFilter;
  readonly from: Place | undefined;
  readonly newer: boolean;
  /** Invoices to look at; then it throws. */
  readonly most: number;
};

/** The id of late usage: that of the line that billed its period first. */
export function lateId({ lineId }: Pick<BilledPeriod, 'lineId'>): string {
  return lineId.replace(ID_PREFIXES.invoiceLine, ID_PREFIXES.lateUsage);
}

/**
 * A page of late usage, that of the newest invoice first. It compares what invoices billed with the usage of their periods
 * as it is now, a slice of invoices at a time, until the page is full. Throws resource_missing for a cursor and for filters
 * that name nothing, and an error that asks for a filter where it would have to look at too many.
 */
export async function listLateUsage(
  context: Context,
  params: ListLateUsageParams,
): Promise<{ items: LateUsage[]; hasMore: boolean }> {
  const { starting_after: after, ending_before: before, limit = DEFAULT_LIST_LIMIT } = params;
  if (after !== undefined && before !== undefined) throw exclusiveCursors();
  await requireNamed(context, params);
  const newer = before !== undefined;
  const from = await placeOf(context, after ?? before, newer ? 'ending_before' : 'starting_after');
  const found: LateUsage[] = [];
  const walk = { filter: filterOf(params), from, newer, most: MAX_LATE_USAGE_INVOICES };
  for await (const late of walkLateUsage(context, walk)) {
    found.push(late);
    if (found.length > limit) break;
  }
  const items = found.slice(0, limit);
  return { items: newer ? items.toReversed() : items, hasMore: found.length > limit };
}

/** Late usage from a place on, one period after the other. */
export async function* walkLateUsage(scope: Scope, { filter, from, newer, most }: Walk): AsyncGenerator<LateUsage> {
  const terms = await findLateTerms(scope);
  let place = from;
  for (let seen = 0; ; seen += LATE_USAGE_SLICE) {
    if (seen >= most) throw tooMany(most);
    const invoices = await nextInvoices(scope, filter, { place, newer, limit: LATE_USAGE_SLICE });
    const ids = invoices.map(({ invoiceId }) => invoiceId);
    const periods = await periodsOfInvoices(scope, ids, filter.meterId);
    const ahead = (newer ? periods.toReversed() : periods).filter((period) => isBehind(period, place, newer));
    const late = await judgeAll(scope, ahead, terms);
    yield* late.filter(({ status }) => filter.status === undefined || status === filter.status);
    const last = invoices.at(-1);
    if (last === undefined || invoices.length < LATE_USAGE_SLICE) return;
    place = { ...last, position: newer ? -1 : Number.MAX_SAFE_INTEGER };
  }
}

/** The walk over invoices begins with the one where it stands: what it has passed there is left out. */
function isBehind({ invoiceId, position }: BilledPeriod, place: Place | undefined, newer: boolean): boolean {
  if (place === undefined || place.invoiceId !== invoiceId) return true;
  return newer ? position < place.position : position > place.position;
}

async function placeOf(context: Context, id: string | undefined, param: string): Promise<Place | undefined> {
  if (id === undefined) return undefined;
  const { lateUsage, invoiceLine } = ID_PREFIXES;
  const place = id.startsWith(lateUsage)
    ? await placeOfLine(context, invoiceLine + id.slice(lateUsage.length))
    : undefined;
  if (place === undefined) throw resourceMissing('late usage', id, param);
  return place;
}

function filterOf({ customer, subscription, meter, status, created }: ListLateUsageParams): LateFilter {
  const bounds = created && timeBounds(created);
  return { customerId: customer, subscriptionId: subscription, meterId: meter, status, ...bounds };
}

async function requireNamed(context: Context, { customer, subscription, meter }: ListLateUsageParams) {
  await requireFiltered(context, { customer });
  if (subscription !== undefined) await requireSubscription(context, subscription, 'subscription');
  if (meter !== undefined && (await findMeter(context, meter)) === undefined) {
    throw resourceMissing('meter', meter, 'meter');
  }
}

function tooMany(invoices: number) {
  return invalidRequest(
    `More than ${invoices} invoices would have to be compared with their usage. Narrow the list by \`customer\`, \`subscription\` or \`created\`, or use \`usance late\`, which has no such limit.`,
    'created',
  );
}
