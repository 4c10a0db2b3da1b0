import { type Price, recurrenceOf } from '../catalog/price.ts';
import type { Customer } from '../customers/customer.ts';
import { MAX_PHASES } from '../limits.ts';
import { checkDefaultMethod } from '../payments/default_method.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, StripeError } from '../stripe/errors.ts';
import { compareRecurrence } from '../time/period.ts';
import { checkTrialEnd } from './begin.ts';
import { changeInvoiceSettings, NO_INVOICE_SETTINGS } from './invoice_settings.ts';
import { checkCollection, checkIntervals, chooseCurrency, priceItems } from './rules.ts';
import type { PhaseParams, PricedPhaseParams } from './schedule.params.ts';
import { endAfter, type Phase, type PhaseSettings, type Schedule, settingsOf } from './schedule.ts';
import {
  type Catalog,
  checkRates,
  keptMetadata,
  rateIds,
  readAddedItems,
  readCatalog,
  readDiscounts,
  readItems,
} from './schedule_items.ts';
import type { Subscription } from './subscription.ts';
import { checkThresholds, readThresholds } from './thresholds.ts';

/** What phases are read for. */
export type PhaseTerms = Pick<Schedule, 'billingMode' | 'defaults'> & {
  readonly customer: Customer;
  /** When the first of them begins that does not say so itself; null: it has to. */
  readonly startAt: Temporal.Instant | null;
  /** The subscription that there is already: what it is billed in, and what its periods are counted from. */
  readonly subscription: Pick<Subscription, 'billingCycleAnchor' | 'currency'> | null;
  /** Prices that are planned or subscribed to already: whoever has archived them since, they can be named again. */
  readonly known: ReadonlySet<string>;
};

/**
 * The phases that a request describes, each beginning where the one before it ends. Throws, naming the parameter, for what
 * could not be subscribed to, for times that contradict each other and for phases that overlap or leave a gap.
 */
export async function readPhases(
  context: Context,
  params: readonly PhaseParams[],
  terms: PhaseTerms,
): Promise<Phase[]> {
  const catalog = await readCatalog(context, params, terms.known);
  const phases: Phase[] = [];
  for (const [index, each] of catalog.phases.entries()) {
    const place = placeAfter(phases, { index, isLast: index === params.length - 1 }, terms);
    const currency = phases.at(-1)?.currency ?? terms.subscription?.currency ?? null;
    phases.push(await readPhase(context, each, terms, { ...place, currency }, catalog));
  }
  const ahead = phases.filter(({ end }) => Temporal.Instant.compare(end, context.now) > 0);
  if (ahead.length > MAX_PHASES) {
    throw invalidRequest(`A schedule can have at most ${MAX_PHASES} current and future phases.`, 'phases');
  }
  return phases;
}

/** What says when a phase is. */
type TimeParams = Pick<PricedPhaseParams, 'duration' | 'end_date' | 'start_date' | 'trial' | 'trial_end'>;

type PhaseTime = Pick<Phase, 'billingCycleAnchor' | 'end' | 'start' | 'trialEnd'>;

/**
 * When phases are that nobody plans: only their times are read, which are to begin at `startAt`. `at` is where they stand in the request.
 * Throws for times that contradict each other, naming the parameter.
 */
export async function readTimes(
  { now }: Pick<Context, 'now'>,
  phases: readonly {
    readonly params: TimeParams & Pick<PhaseParams, 'billing_cycle_anchor'>;
    readonly prices: readonly Price[];
  }[],
  startAt: Temporal.Instant,
  at: string,
): Promise<PhaseTime[]> {
  const times: PhaseTime[] = [];
  for (const [index, { params, prices }] of phases.entries()) {
    const place = placeAfter(times, { index, isLast: index === phases.length - 1 }, { startAt, subscription: null });
    const time = await namedAt(
      `${at}[${index}]`,
      async () => await Promise.resolve(readTime({ now }, params, place, prices)),
    );
    times.push({ ...time, billingCycleAnchor: params.billing_cycle_anchor ?? null });
  }
  return times;
}

type Place = {
  readonly index: number;
  readonly isLast: boolean;
  readonly startAt: Temporal.Instant | null;
  readonly before: PhaseTime | undefined;
  /** What billing periods are counted from by then; null: from the start of this phase. */
  readonly anchor: Temporal.Instant | null;
};

function placeAfter(
  phases: readonly PhaseTime[],
  place: Pick<Place, 'index' | 'isLast'>,
  { startAt, subscription }: Pick<PhaseTerms, 'startAt' | 'subscription'>,
): Place {
  const before = phases.at(-1);
  const moved = phases.map(anchorOf).findLast((at) => at !== null);
  const anchor = moved ?? subscription?.billingCycleAnchor ?? phases[0]?.start ?? null;
  return { ...place, startAt: before?.end ?? startAt, before, anchor };
}

/** Where a phase moves the billing cycle to; null: it does not. */
function anchorOf({ billingCycleAnchor, start, trialEnd }: PhaseTime): Temporal.Instant | null {
  return trialEnd ?? (billingCycleAnchor === 'phase_start' ? start : null);
}

async function readPhase(
  context: Context,
  params: PricedPhaseParams,
  terms: PhaseTerms,
  place: Place & { readonly currency: string | null },
  catalog: Catalog,
): Promise<Phase> {
  const at = `phases[${place.index}]`;
  if (params.items.length === 0) throw missingParameter(`${at}[items]`);
  return await namedAt(at, async () => {
    const priced = priceItems(params.items, catalog.prices, catalog.products, catalog.mayBeArchived);
    const prices = priced.map(({ price }) => price);
    checkIntervals(terms.billingMode, prices);
    const currency = chooseCurrency(params.currency ?? place.currency ?? undefined, terms.customer, prices);
    if (place.currency !== null && currency !== place.currency) {
      throw invalidRequest(`All phases of a schedule are in one currency: \`${place.currency}\`.`, 'currency');
    }
    const time = readTime(context, params, place, prices);
    const settings = await readPhaseSettings(context, params, terms);
    const defaultTaxRateIds = await rateIds(context, params.default_tax_rates, 'default_tax_rates');
    const of = { catalog, customer: terms.customer, currency };
    const items = await readItems(context, params, of);
    await checkRates(context, { currency, defaultTaxRateIds, items }, prices);
    checkThresholds({ thresholds: settingsOf(terms, settings).thresholds, items: priced, currency });
    return {
      ...time,
      ...settings,
      currency,
      items,
      addedItems: await readAddedItems(context, params, of),
      defaultTaxRateIds,
      discounts: await readDiscounts(context, params.discounts, of, 'discounts'),
      metadata: keptMetadata(params.metadata),
      prorationBehavior: params.proration_behavior ?? 'create_prorations',
    };
  });
}

/** Errors of `work` name parameters as they stand below `at`. */
async function namedAt<T>(at: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const param = error instanceof StripeError ? error.fields.param : undefined;
    if (!(error instanceof StripeError) || param === undefined) throw error;
    const inPhase = param === 'days_until_due' ? 'invoice_settings[days_until_due]' : param;
    throw new StripeError({ ...error.fields, param: inPhase.replace(/^[^[]+/, (head) => `${at}[${head}]`) });
  }
}

/** Where a phase begins and ends, and how long it is a trial. */
function readTime({ now }: Pick<Context, 'now'>, params: TimeParams, place: Place, prices: readonly Price[]) {
  const start = startOf(now, params, place);
  const { end, duration } = endOf(now, params, start, place, prices);
  if (Temporal.Instant.compare(end, start) <= 0) {
    throw invalidRequest('The end of a phase must be after its start.', params.duration ? 'duration' : 'end_date');
  }
  return { start, end, duration, trialEnd: trialEndOf(now, params, { start, end }) };
}

function startOf(now: Temporal.Instant, { start_date: given }: TimeParams, place: Place): Temporal.Instant {
  const start = given === 'now' ? now : (given ?? place.startAt);
  if (start === null) {
    throw invalidRequest(
      'The subscription schedule update is missing at least one phase with a `start_date` to anchor end dates to.',
      'start_date',
    );
  }
  if (place.before === undefined || start.equals(place.before.end)) return start;
  throw invalidRequest('A phase must start when the phase before it ends.', 'start_date');
}

function endOf(
  now: Temporal.Instant,
  { duration, end_date: endDate }: TimeParams,
  start: Temporal.Instant,
  { isLast, anchor }: Place,
  prices: readonly Price[],
) {
  if (duration !== undefined && endDate !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: duration, end_date.',
      'duration',
      'parameters_exclusive',
    );
  }
  if (endDate !== undefined) return { end: endDate === 'now' ? now : endDate, duration: null };
  if (duration !== undefined) {
    const { interval, interval_count: intervalCount = 1 } = duration;
    return {
      end: endAfter(start, { interval, intervalCount }, anchor ?? start),
      duration: { interval, intervalCount },
    };
  }
  if (!isLast)
    throw invalidRequest('A phase that is followed by another needs an end.', 'end_date', 'parameter_missing');
  const [shortest] = prices.flatMap((price) => recurrenceOf(price) ?? []).sort(compareRecurrence);
  if (shortest === undefined) throw new Error('the items of a phase recur');
  return { end: endAfter(start, shortest, anchor ?? start), duration: shortest };
}

/** Until when a phase is a trial; null: nothing of it is. */
function trialEndOf(
  now: Temporal.Instant,
  { trial, trial_end: given }: TimeParams,
  { start, end }: { start: Temporal.Instant; end: Temporal.Instant },
): Temporal.Instant | null {
  if (trial === true && given !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: trial, trial_end.',
      'trial',
      'parameters_exclusive',
    );
  }
  if (trial === true) return checkTrialEnd(end, start, 'trial');
  if (given === undefined) return null;
  const at = given === 'now' ? now : given;
  const isWithin = Temporal.Instant.compare(at, start) >= 0 && Temporal.Instant.compare(at, end) <= 0;
  if (!isWithin) throw invalidRequest('The trial of a phase must end within the phase.', 'trial_end');
  return at.equals(start) ? null : checkTrialEnd(at, start, 'trial_end');
}

async function readPhaseSettings(
  context: Context,
  params: PricedPhaseParams,
  { customer, defaults }: PhaseTerms,
): Promise<PhaseSettings> {
  const own: PhaseSettings = {
    collectionMethod: params.collection_method ?? null,
    daysUntilDue: params.invoice_settings?.days_until_due ?? null,
    defaultPaymentMethodId: params.default_payment_method ?? null,
    description: params.description ?? null,
    billingCycleAnchor: params.billing_cycle_anchor ?? null,
    thresholds: readThresholds(params.billing_thresholds),
    invoiceSettings: changeInvoiceSettings(NO_INVOICE_SETTINGS, params.invoice_settings),
  };
  checkSettings(settingsOf({ defaults }, own), customer);
  await checkDefaultMethod(context, customer.id, own.defaultPaymentMethodId);
  return own;
}

/** Throws for a way of collection that the customer can't be collected by. */
function checkSettings({ collectionMethod, daysUntilDue }: PhaseSettings, customer: Customer): void {
  checkCollection(
    {
      collection_method: collectionMethod ?? 'charge_automatically',
      ...(daysUntilDue === null ? {} : { days_until_due: daysUntilDue }),
    },
    customer,
  );
}
