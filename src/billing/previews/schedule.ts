import { findPrices } from '../../catalog/price.sql.ts';
import type { Price } from '../../catalog/price.ts';
import type { Customer } from '../../customers/customer.ts';
import { checkDefaultMethod } from '../../payments/default_method.ts';
import type { Context } from '../../stripe/context.ts';
import {
  invalidRequest,
  missingParameter,
  resourceMissing,
  StripeError,
  unservedParameter,
} from '../../stripe/errors.ts';
import { currentPeriod } from '../../subscriptions/periods.ts';
import { checkCollection } from '../../subscriptions/rules.ts';
import type { Phase as StoredPhase } from '../../subscriptions/schedule.ts';
import { readTimes } from '../../subscriptions/schedule_phases.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import { readThresholds } from '../../subscriptions/thresholds.ts';
import type { Period } from '../../time/period.ts';
import { placedItems, plannedItems } from './added.ts';
import type { PlacedItem, PlannedItem } from './items.ts';
import type { CreatePreviewParams, PhaseParams, SubscriptionDetails } from './preview.params.ts';
import { inlinePrice } from './price.ts';
import type { Collection } from './subscription.ts';

/** The first phase of a schedule that begins now, in the terms of a subscription that begins now. */
export type Phase = {
  readonly details: SubscriptionDetails;
  readonly collection: Collection;
  readonly currency: string | undefined;
  readonly thresholds: Subscription['thresholds'];
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
  /** Charged once, when it begins: as a request says, or as it is planned already. */
  readonly added: NonNullable<PhaseParams['add_invoice_items']>;
  readonly planned: StoredPhase | undefined;
  /** What it takes off the whole; undefined: nothing is said of it. */
  readonly discounts: PhaseParams['discounts'];
  /** When another phase begins, with which the subscription does not end; null: none does. */
  readonly nextAt: Temporal.Instant | null;
};

const AT_PHASES = 'schedule_details[phases]';
const AT = `${AT_PHASES}[0]`;

/**
 * The phase with which a schedule begins, now in its own time: its first invoice is that of a subscription to its items.
 * `planned` is the same where it is stored. Undefined where no schedule is asked for. Throws for what does not go together.
 */
export async function readPhase(
  context: Context,
  params: CreatePreviewParams,
  customer: Customer,
  planned: StoredPhase | undefined,
): Promise<Phase | undefined> {
  const { schedule_details: schedule } = params;
  if (schedule === undefined) return undefined;
  checkAlone(params);
  const { phases = [] } = schedule;
  const [phase] = phases;
  if (phase === undefined) throw missingParameter(AT_PHASES);
  if (params.currency !== undefined && phase.currency !== undefined && params.currency !== phase.currency) {
    throw invalidRequest(`The phase is in \`${phase.currency}\`, not in \`${params.currency}\`.`, 'currency');
  }
  const times = await readTimes(context, await withPrices(context, phases), context.now, AT_PHASES);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) throw new Error('a schedule has at least one phase');
  await renamed(() => checkDefaultMethod(context, customer.id, phase.default_payment_method ?? null));
  return {
    details: {
      ...detailsOf(schedule, phase),
      ...(first.trialEnd === null ? {} : { trial_end: first.trialEnd }),
      // The last phase is released unless it says otherwise: the subscription goes on.
      ...(schedule.end_behavior === 'cancel' ? { cancel_at: last.end } : {}),
    },
    collection: await renamed(() => collectionOf(phase, customer)),
    currency: phase.currency,
    thresholds: readThresholds(phase.billing_thresholds),
    start: first.start,
    end: first.end,
    added: phase.add_invoice_items ?? [],
    planned,
    discounts: phase.discounts,
    nextAt: phases.length > 1 ? first.end : null,
  };
}

/** When a schedule that nobody has made is to begin. Throws for a time that is over. */
export function startOf({ now }: Pick<Context, 'now'>, { schedule_details: schedule }: CreatePreviewParams) {
  const start = schedule?.phases?.[0]?.start_date ?? 'now';
  if (start === 'now') return now;
  if (Temporal.Instant.compare(start, now) < 0) throw unservedParameter(`${AT}[start_date]`);
  return start;
}

/** What the phase charges once, where its items have `current` in common. */
export async function addedBy(
  context: Context,
  { added, planned, start, end }: Phase,
  customerId: string,
  { currency, current }: { readonly currency: string; readonly current: Period },
): Promise<(PlacedItem | PlannedItem)[]> {
  if (planned === undefined) return placedItems(added, { start, end }, current, AT);
  return await plannedItems(context, { id: null, customerId, currency }, planned, current);
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

/** The phases with the prices of their items, stored or brought along; nothing is written. */
async function withPrices(context: Context, phases: readonly PhaseParams[]) {
  const ids = phases.flatMap(({ items }) => items.flatMap(({ price }) => price ?? []));
  const found = new Map((await findPrices(context, [...new Set(ids)])).map((price) => [price.id, price]));
  const priced: { params: PhaseParams; prices: Price[] }[] = [];
  for (const [phase, params] of phases.entries()) {
    const prices: Price[] = [];
    if (params.items.length === 0) throw missingParameter(`${AT_PHASES}[${phase}][items]`);
    for (const [item, { price: id, price_data: data }] of params.items.entries()) {
      const at = `${AT_PHASES}[${phase}][items][${item}]`;
      if (id === undefined && data === undefined) throw missingParameter(`${at}[price]`);
      const price =
        id === undefined && data ? await inlinePrice(context, data, `${at}[price_data]`) : found.get(id ?? '');
      if (price === undefined) throw resourceMissing('price', id ?? '', `${at}[price]`);
      prices.push(price);
    }
    priced.push({ params, prices });
  }
  return priced;
}

function collectionOf({ collection_method: method, invoice_settings: settings }: PhaseParams, customer: Customer) {
  const days = settings?.days_until_due;
  const asked = {
    ...(method === undefined ? {} : { collection_method: method }),
    ...(days === undefined ? {} : { days_until_due: days }),
  };
  checkCollection(asked, customer);
  return { collectionMethod: method ?? 'charge_automatically', daysUntilDue: days ?? null };
}

/** Throws where the first invoice that there is comes with another phase, or later. */
export function checkRenewal(subscription: Subscription, nextAt: Temporal.Instant | null): void {
  if (nextAt === null || Temporal.Instant.compare(nextAt, currentPeriod(subscription).end) > 0) return;
  throw invalidRequest(
    'Usance can not show the change to another phase of a schedule that nobody has made yet: the first phase has no invoice of its own.',
    `${AT}[end_date]`,
    'parameter_not_served',
  );
}

/** Errors of `work` name the parameters of the phase, where there is one, and not those of a subscription. */
export async function inPhase<T>(phase: Phase | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw phase === undefined ? error : rename(error);
  }
}

async function renamed<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw rename(error);
  }
}

const NAMES: readonly (readonly [ofSubscription: string, ofPhase: string])[] = [
  ['subscription_details[billing_mode]', 'schedule_details[billing_mode]'],
  ['subscription_details[items]', `${AT}[items]`],
  ['subscription_details[cancel_at]', `${AT}[end_date]`],
  ['subscription_details[trial_end]', `${AT}[trial_end]`],
  ['billing_thresholds', `${AT}[billing_thresholds]`],
  ['default_payment_method', `${AT}[default_payment_method]`],
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
