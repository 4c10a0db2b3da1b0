import { findPrices } from '../catalog/price.sql.ts';
import { type Price, recurrenceOf } from '../catalog/price.ts';
import { findProducts } from '../catalog/product.sql.ts';
import type { Product } from '../catalog/product.ts';
import { requireRedeemable } from '../catalog/redemption.ts';
import { refuseConflict } from '../catalog/tax_behavior.ts';
import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import { requireTaxRates } from '../catalog/write_tax_rate.ts';
import type { Customer } from '../customers/customer.ts';
import { findDiscounts, hasPaidBefore } from '../invoices/discount.sql.ts';
import type { DiscountParams } from '../invoices/invoice.params.ts';
import { MAX_PHASES } from '../limits.ts';
import { checkDefaultMethod } from '../payments/default_method.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, resourceMissing, StripeError } from '../stripe/errors.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { MetadataChange } from '../stripe/params.types.ts';
import { compareRecurrence } from '../time/period.ts';
import { checkTrialEnd } from './begin.ts';
import { checkCollection, checkIntervals, chooseCurrency, priceItems } from './rules.ts';
import type { PhaseParams } from './schedule.params.ts';
import {
  type AddedItem,
  endAfter,
  type Phase,
  type PhaseDiscount,
  type PhaseItem,
  type PhaseSettings,
  type Schedule,
  settingsOf,
} from './schedule.ts';
import { isMetered, type Subscription } from './subscription.ts';

/** What phases are read for. */
export type PhaseTerms = Pick<Schedule, 'billingMode' | 'defaults'> & {
  readonly customer: Customer;
  /** When the first of them begins that does not say so itself; null: it has to. */
  readonly startAt: Temporal.Instant | null;
  /** The subscription that there is already: what it is billed in, and what its periods are counted from. */
  readonly subscription: Pick<Subscription, 'billingCycleAnchor' | 'currency'> | null;
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
  const catalog = await findCatalog(context, params);
  const phases: Phase[] = [];
  for (const [index, each] of params.entries()) {
    const before = phases.at(-1);
    const place: Place = {
      index,
      isLast: index === params.length - 1,
      startAt: before?.end ?? terms.startAt,
      before,
      currency: before?.currency ?? terms.subscription?.currency ?? null,
      anchor:
        phases.map(anchorOf).findLast((at) => at !== null) ??
        terms.subscription?.billingCycleAnchor ??
        phases[0]?.start ??
        null,
    };
    phases.push(await readPhase(context, each, terms, place, catalog));
  }
  const ahead = phases.filter(({ end }) => Temporal.Instant.compare(end, context.now) > 0);
  if (ahead.length > MAX_PHASES) {
    throw invalidRequest(`A schedule can have at most ${MAX_PHASES} current and future phases.`, 'phases');
  }
  return phases;
}

type Catalog = { readonly prices: ReadonlyMap<string, Price>; readonly products: ReadonlyMap<string, Product> };

async function findCatalog(context: Context, params: readonly PhaseParams[]): Promise<Catalog> {
  const named = params.flatMap(({ items, add_invoice_items: added = [] }) => [...items, ...added]);
  const prices = await findPrices(context, [...new Set(named.map(({ price }) => price))]);
  const products = await findProducts(context, [...new Set(prices.map(({ productId }) => productId))]);
  return {
    prices: new Map(prices.map((price) => [price.id, price])),
    products: new Map(products.map((product) => [product.id, product])),
  };
}

type Priced = { readonly catalog: Catalog; readonly currency: string };

type Place = {
  readonly index: number;
  readonly isLast: boolean;
  readonly startAt: Temporal.Instant | null;
  readonly before: Phase | undefined;
  readonly currency: string | null;
  /** What billing periods are counted from by then; null: from the start of this phase. */
  readonly anchor: Temporal.Instant | null;
};

/** Where a phase moves the billing cycle to; null: it does not. */
function anchorOf({ billingCycleAnchor, start, trialEnd }: Phase): Temporal.Instant | null {
  return trialEnd ?? (billingCycleAnchor === 'phase_start' ? start : null);
}

async function readPhase(
  context: Context,
  params: PhaseParams,
  terms: PhaseTerms,
  place: Place,
  catalog: Catalog,
): Promise<Phase> {
  const at = `phases[${place.index}]`;
  if (params.items.length === 0) throw missingParameter(`${at}[items]`);
  return await namedAt(at, async () => {
    const priced = priceItems(params.items, catalog.prices, catalog.products);
    const prices = priced.map(({ price }) => price);
    checkIntervals(terms.billingMode, prices);
    const currency = chooseCurrency(params.currency ?? place.currency ?? undefined, terms.customer, prices);
    if (place.currency !== null && currency !== place.currency) {
      throw invalidRequest(`All phases of a schedule are in one currency: \`${place.currency}\`.`, 'currency');
    }
    const time = readTime(context, params, place, prices);
    const settings = await readPhaseSettings(context, params, terms);
    const defaultTaxRateIds = await rateIds(context, params.default_tax_rates, 'default_tax_rates');
    const items = await readItems(context, params, terms, { catalog, currency });
    await checkRates(context, { currency, defaultTaxRateIds, items }, prices);
    return {
      ...time,
      ...settings,
      currency,
      items,
      addedItems: await readAddedItems(context, params, { catalog, currency }),
      defaultTaxRateIds,
      discounts: await readDiscounts(context, params.discounts, terms, currency, 'discounts'),
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
function readTime({ now }: Context, params: PhaseParams, place: Place, prices: readonly Price[]) {
  const start = startOf(now, params, place);
  const { end, duration } = endOf(now, params, start, place, prices);
  if (Temporal.Instant.compare(end, start) <= 0) {
    throw invalidRequest('The end of a phase must be after its start.', params.duration ? 'duration' : 'end_date');
  }
  return { start, end, duration, trialEnd: trialEndOf(now, params, { start, end }) };
}

function startOf(now: Temporal.Instant, { start_date: given }: PhaseParams, place: Place): Temporal.Instant {
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
  { duration, end_date: endDate }: PhaseParams,
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
  { trial, trial_end: given }: PhaseParams,
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
  params: PhaseParams,
  { customer, defaults }: PhaseTerms,
): Promise<PhaseSettings> {
  const own: PhaseSettings = {
    collectionMethod: params.collection_method ?? null,
    daysUntilDue: params.invoice_settings?.days_until_due ?? null,
    defaultPaymentMethodId: params.default_payment_method ?? null,
    description: params.description ?? null,
    billingCycleAnchor: params.billing_cycle_anchor ?? null,
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

async function readItems(
  context: Context,
  { items }: PhaseParams,
  terms: PhaseTerms,
  { catalog: { prices }, currency }: Priced,
): Promise<PhaseItem[]> {
  const read: PhaseItem[] = [];
  for (const [index, params] of items.entries()) {
    const price = prices.get(params.price);
    if (price === undefined) throw new Error('the price of a phase was checked');
    read.push({
      priceId: price.id,
      quantity: isMetered(price) ? null : (params.quantity ?? 1n),
      taxRateIds: await rateIds(context, params.tax_rates, `items[${index}][tax_rates]`),
      discounts: await readDiscounts(context, params.discounts, terms, currency, `items[${index}][discounts]`),
      metadata: keptMetadata(params.metadata),
    });
  }
  return read;
}

async function readAddedItems(
  context: Context,
  { add_invoice_items: added = [] }: PhaseParams,
  { catalog, currency }: Priced,
): Promise<AddedItem[]> {
  const read: AddedItem[] = [];
  for (const [index, params] of added.entries()) {
    const at = `add_invoice_items[${index}]`;
    checkAddedPrice(catalog.prices.get(params.price), params.price, currency, `${at}[price]`);
    read.push({
      priceId: params.price,
      quantity: params.quantity ?? 1n,
      discountable: params.discountable ?? null,
      taxRateIds: await rateIds(context, params.tax_rates, `${at}[tax_rates]`),
      discounts: [],
      metadata: keptMetadata(params.metadata),
    });
  }
  return read;
}

function checkAddedPrice(price: Price | undefined, id: string, currency: string, param: string): void {
  if (price === undefined) throw resourceMissing('price', id, param);
  if (!price.active) {
    throw invalidRequest('The price specified is inactive. This field only accepts active prices.', param);
  }
  if (price.recurring !== null) {
    throw invalidRequest(
      'The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.',
      param,
    );
  }
  chooseCurrency(currency, { currency } as Customer, [price]);
}

async function rateIds(context: Context, ids: readonly string[] | null | undefined, param: string): Promise<string[]> {
  return (await requireTaxRates(context, ids ?? [], param)).map(({ id }) => id);
}

/** Throws where a price says of itself that it includes taxes, or does not, and a rate that applies to it says otherwise. */
async function checkRates(
  context: Context,
  { currency, defaultTaxRateIds, items }: Pick<Phase, 'currency' | 'defaultTaxRateIds' | 'items'>,
  prices: readonly Price[],
): Promise<void> {
  const ids = [...defaultTaxRateIds, ...items.flatMap(({ taxRateIds }) => taxRateIds)];
  const rates = new Map((await findTaxRates(context, [...new Set(ids)])).map((rate) => [rate.id, rate]));
  for (const [index, price] of prices.entries()) {
    const own = items[index]?.taxRateIds ?? [];
    const applied = own.length > 0 ? own : defaultTaxRateIds;
    refuseConflict(
      price,
      currency,
      applied.flatMap((id) => rates.get(id) ?? []),
    );
  }
}

/** What is to be redeemed when the phase begins. Throws for what could not be redeemed as it is now. */
async function readDiscounts(
  context: Context,
  given: readonly DiscountParams[] | null | undefined,
  { customer }: PhaseTerms,
  currency: string,
  at: string,
): Promise<PhaseDiscount[]> {
  const read: PhaseDiscount[] = [];
  for (const [index, { coupon, discount, promotion_code: promotionCode }] of (given ?? []).entries()) {
    const param = `${at}[${index}]`;
    if ([coupon, discount, promotionCode].filter((each) => each !== undefined).length !== 1) {
      throw invalidRequest('You must specify exactly one of `coupon`, `discount` and `promotion_code`.', param);
    }
    const hasPaid = promotionCode !== undefined && (await hasPaidBefore(context, customer.id));
    const purchase = { customerId: customer.id, currency, amount: null, hasPaidBefore: hasPaid };
    if (discount !== undefined) {
      const [known] = await findDiscounts(context, [discount]);
      if (known?.customerId !== customer.id) throw resourceMissing('discount', discount, `${param}[discount]`);
      read.push({ discount });
    } else if (coupon !== undefined) {
      await requireRedeemable(context, { kind: 'coupon', id: coupon }, purchase, `${param}[coupon]`);
      read.push({ coupon });
    } else if (promotionCode !== undefined) {
      const asked = { kind: 'promotion_code', id: promotionCode } as const;
      await requireRedeemable(context, asked, purchase, `${param}[promotion_code]`);
      read.push({ promotionCode });
    }
  }
  return read;
}

/** Metadata of a phase changes that of its subscription: what takes a key away is kept as an empty value. */
function keptMetadata(change: MetadataChange | undefined): Metadata {
  return Object.fromEntries([...(change ?? [])].map(([key, value]) => [key, value ?? '']));
}
