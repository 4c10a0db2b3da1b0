import { findPrices } from '../../catalog/price.sql.ts';
import type { Customer } from '../../customers/customer.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest, missingParameter, resourceMissing, StripeError } from '../../stripe/errors.ts';
import { checkCollection } from '../../subscriptions/rules.ts';
import { periodContaining } from '../../time/period.ts';
import type { CreatePreviewParams, PhaseParams, SubscriptionDetails } from './preview.params.ts';
import type { PlacedItem } from './items.ts';
import type { Collection } from './subscription.ts';

/** The first phase of a schedule that is to begin now, in the terms of a subscription that begins now. */
export type Phase = {
  readonly details: SubscriptionDetails;
  readonly collection: Collection;
  readonly currency: string | undefined;
  /** Charged once, when it begins. */
  readonly addedItems: readonly PlacedItem[];
  /** What it takes off the whole; undefined: nothing is said of it. */
  readonly discounts: PhaseParams['discounts'];
  /** Another phase comes after it. */
  readonly isFollowed: boolean;
};

const AT = 'schedule_details[phases][0]';

/**
 * The phase with which a schedule begins: its first invoice is that of a subscription to its items, as long as nothing
 * that it bills goes beyond the phase. Undefined where no schedule is asked for. Throws for what does not go together.
 */
export async function readPhase(
  context: Context,
  params: CreatePreviewParams,
  customer: Customer,
): Promise<Phase | undefined> {
  const { schedule_details: schedule } = params;
  if (schedule === undefined) return undefined;
  checkAlone(params);
  const [phase, ...later] = schedule.phases ?? [];
  if (phase === undefined) throw missingParameter('schedule_details[phases]');
  if (params.currency !== undefined && phase.currency !== undefined && params.currency !== phase.currency) {
    throw invalidRequest(`The phase is in \`${phase.currency}\`, not in \`${params.currency}\`.`, 'currency');
  }
  await checkLater(context, later);
  const end = endOf(context, phase);
  if (end === null && later.length > 0) throw missingParameter(`${AT}[end_date]`);
  // The last phase is released unless it says otherwise: the subscription goes on.
  const ends = later.length > 0 || schedule.end_behavior === 'cancel';
  return {
    details: { ...detailsOf(schedule, phase), ...(end !== null && ends ? { cancel_at: end } : {}) },
    collection: collectionOf(phase, customer),
    currency: phase.currency,
    addedItems: (phase.add_invoice_items ?? []).map((item, index) => ({
      params: item,
      at: `${AT}[add_invoice_items][${index}]`,
    })),
    discounts: phase.discounts,
    isFollowed: later.length > 0,
  };
}

/** When another phase follows, with which the subscription does not end; null: none does. */
export function nextPhaseAt({ isFollowed, details: { cancel_at: at } }: Phase): Temporal.Instant | null {
  return isFollowed && at instanceof Temporal.Instant ? at : null;
}

type Schedule = NonNullable<CreatePreviewParams['schedule_details']>;

function detailsOf({ billing_mode: mode }: Schedule, phase: PhaseParams): SubscriptionDetails {
  const { items, metadata, default_tax_rates: rates } = phase;
  return {
    items,
    ...(metadata === undefined ? {} : { metadata }),
    ...(rates === undefined ? {} : { default_tax_rates: rates }),
    ...(mode === undefined ? {} : { billing_mode: mode }),
  };
}

function checkAlone(params: CreatePreviewParams): void {
  const other = (['subscription', 'subscription_details'] as const).find((name) => params[name] !== undefined);
  if (other === undefined) return;
  throw invalidRequest(
    `You may only specify one of these parameters: schedule_details, ${other}.`,
    'schedule_details',
    'parameters_exclusive',
  );
}

/** Later phases do not concern the next invoice; they must only be ones that could come. */
async function checkLater(context: Context, later: readonly PhaseParams[]): Promise<void> {
  const named = later.flatMap(({ items }, phase) =>
    items.map(({ price, price_data: data }, item) => ({ price, data, at: itemAt(phase + 1, item) })),
  );
  const found = await findPrices(context, [...new Set(named.flatMap(({ price }) => price ?? []))]);
  for (const { price, data, at } of named) {
    if (price === undefined && data === undefined) throw missingParameter(at);
    if (price !== undefined && !found.some(({ id }) => id === price)) throw resourceMissing('price', price, at);
  }
}

function itemAt(phase: number, item: number): string {
  return `schedule_details[phases][${phase}][items][${item}][price]`;
}

/** When the phase is over; null: it says nothing of it. */
function endOf({ now }: Context, { duration, end_date: endDate }: PhaseParams): Temporal.Instant | null {
  if (duration !== undefined && endDate !== undefined) {
    throw invalidRequest(
      `You may only specify one of these parameters: ${AT}[duration], ${AT}[end_date].`,
      `${AT}[duration]`,
      'parameters_exclusive',
    );
  }
  if (duration === undefined) return endDate ?? null;
  const { interval, interval_count: intervalCount = 1 } = duration;
  return periodContaining(now, { interval, intervalCount }, now).end;
}

function collectionOf({ collection_method: method, invoice_settings: settings }: PhaseParams, customer: Customer) {
  const days = settings?.days_until_due;
  const asked = {
    ...(method === undefined ? {} : { collection_method: method }),
    ...(days === undefined ? {} : { days_until_due: days }),
  };
  renamed(() => checkCollection(asked, customer));
  return { collectionMethod: method ?? 'charge_automatically', daysUntilDue: days ?? null };
}

/**
 * A renewal within the phase can be shown, and one with which the schedule ends; the change to another phase can't.
 * `goesOn` says that the phase outlasts what is billed, `withOnce` that what is charged once is shown.
 */
export function checkRenewal(
  { isFollowed, addedItems }: Phase,
  { goesOn, withOnce }: { goesOn: boolean; withOnce: boolean },
): void {
  if (isFollowed && !goesOn) {
    throw unserved('a preview can show an invoice within the first phase, not the change to the next', '[end_date]');
  }
  if (addedItems.length === 0 || !withOnce) return;
  throw unserved(
    'a preview can show items that are added to the first invoice of a phase where its items are billed in advance',
    '[add_invoice_items]',
  );
}

function unserved(what: string, name: string): StripeError {
  return invalidRequest(`Schedules are not served by Usance yet: ${what}.`, `${AT}${name}`, 'parameter_not_served');
}

/** Errors of `work` name the parameters of the phase, where there is one, and not those of a subscription. */
export async function inPhase<T>(phase: Phase | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw phase === undefined ? error : rename(error);
  }
}

function renamed(work: () => void): void {
  try {
    work();
  } catch (error) {
    throw rename(error);
  }
}

const NAMES: readonly (readonly [ofSubscription: string, ofPhase: string])[] = [
  ['subscription_details[items]', `${AT}[items]`],
  ['subscription_details[cancel_at]', `${AT}[end_date]`],
  ['subscription_details[default_tax_rates]', `${AT}[default_tax_rates]`],
  ['days_until_due', `${AT}[invoice_settings][days_until_due]`],
  ['items', `${AT}[items]`],
  ['discounts', `${AT}[discounts]`],
];

function rename(error: unknown): unknown {
  const param = error instanceof StripeError ? error.fields.param : undefined;
  const name = NAMES.find(([ofSubscription]) => param?.startsWith(ofSubscription));
  if (!(error instanceof StripeError) || param === undefined || name === undefined) return error;
  return new StripeError({ ...error.fields, param: `${name[1]}${param.slice(name[0].length)}` });
}
