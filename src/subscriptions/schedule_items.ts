import { findPrices } from '../catalog/price.sql.ts';
import type { Price } from '../catalog/price.ts';
import { findProducts } from '../catalog/product.sql.ts';
import type { Product } from '../catalog/product.ts';
import { requireRedeemable } from '../catalog/redemption.ts';
import { refuseConflict } from '../catalog/tax_behavior.ts';
import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import { requireTaxRates } from '../catalog/write_tax_rate.ts';
import type { Customer } from '../customers/customer.ts';
import { findDiscounts, hasPaidBefore } from '../invoices/discount.sql.ts';
import type { DiscountParams } from '../invoices/invoice.params.ts';
import { priceModel } from '../invoices/price_model.ts';
import { checkAmount } from '../invoices/totals.ts';
import { decimal } from '../money/decimal.ts';
import { rate } from '../rating/rate.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { MetadataChange } from '../stripe/params.types.ts';
import { timestampOf } from './added_period.ts';
import { nameInlinePrices } from './inline_price.ts';
import { checkCurrency } from './rules.ts';
import type { PhaseParams, PricedPhaseParams } from './schedule.params.ts';
import {
  type AddedItem,
  type AddedPeriod,
  type Phase,
  type PhaseDiscount,
  type PhaseItem,
  WHOLE_PERIOD,
} from './schedule.ts';
import { isMetered } from './subscription.ts';
import { usageThreshold } from './thresholds.ts';

/** The phases of a request, with all that they charge. */
export type Catalog = {
  readonly phases: readonly PricedPhaseParams[];
  readonly prices: ReadonlyMap<string, Price>;
  readonly products: ReadonlyMap<string, Product>;
  /** What is planned already, or brought along by the request. */
  readonly mayBeArchived: (priceId: string) => boolean;
};

/** Makes the prices that phases bring along, and finds those that they name. `known` are planned already. */
export async function readCatalog(
  context: Context,
  params: readonly PhaseParams[],
  known: ReadonlySet<string>,
): Promise<Catalog> {
  const made = new Set<string>();
  const phases: PricedPhaseParams[] = [];
  for (const [index, phase] of params.entries()) {
    const at = `phases[${index}]`;
    const { add_invoice_items: added = [], ...rest } = phase;
    phases.push({
      ...rest,
      items: await nameInlinePrices(context, phase.items, `${at}[items]`, made),
      add_invoice_items: await nameInlinePrices(context, added, `${at}[add_invoice_items]`, made),
    });
  }
  const named = phases.flatMap(({ items, add_invoice_items: added }) => [...items, ...added]);
  const prices = await findPrices(context, [...new Set(named.map(({ price }) => price))]);
  const products = await findProducts(context, [...new Set(prices.map(({ productId }) => productId))]);
  return {
    phases,
    prices: new Map(prices.map((price) => [price.id, price])),
    products: new Map(products.map((product) => [product.id, product])),
    mayBeArchived: (id) => made.has(id) || known.has(id),
  };
}

/** What items are read for. */
export type ItemTerms = {
  readonly catalog: Catalog;
  readonly customer: Customer;
  readonly currency: string;
  /** What discounts would be taken off, where that is known. */
  readonly amount?: bigint;
};

/** The items of a phase, whose prices were checked. Throws, naming the parameter, for rates, thresholds and discounts. */
export async function readItems(context: Context, { items }: PricedPhaseParams, of: ItemTerms): Promise<PhaseItem[]> {
  const read: PhaseItem[] = [];
  for (const [index, params] of items.entries()) {
    const price = of.catalog.prices.get(params.price);
    if (price === undefined) throw new Error('the price of a phase was checked');
    read.push({
      priceId: price.id,
      quantity: isMetered(price) ? null : (params.quantity ?? 1n),
      taxRateIds: await rateIds(context, params.tax_rates, `items[${index}][tax_rates]`),
      thresholdUsage: usageThreshold(price, params.billing_thresholds, null, `items[${index}][billing_thresholds]`),
      discounts: await readDiscounts(context, params.discounts, of, `items[${index}][discounts]`),
      metadata: keptMetadata(params.metadata),
    });
  }
  return read;
}

/** What a phase charges once. Throws, naming the parameter, for prices that recur, and for what items can't have. */
export async function readAddedItems(
  context: Context,
  { add_invoice_items: added }: PricedPhaseParams,
  of: ItemTerms,
): Promise<AddedItem[]> {
  const read: AddedItem[] = [];
  for (const [index, params] of added.entries()) {
    const at = `add_invoice_items[${index}]`;
    const { quantity = 1n } = params;
    const price = requireAddedPrice(of, params.price, `${at}[price]`);
    const amount = addedAmount(price, quantity, of.currency, `${at}[quantity]`);
    read.push({
      priceId: params.price,
      quantity,
      period: readAddedPeriod(params.period, `${at}[period]`),
      discountable: params.discountable ?? null,
      taxRateIds: await rateIds(context, params.tax_rates, `${at}[tax_rates]`),
      discounts: await readAddedDiscounts(context, params.discounts, { ...of, amount }, `${at}[discounts]`),
      metadata: keptMetadata(params.metadata),
    });
  }
  return read;
}

function readAddedPeriod(period: PricedPhaseParams['add_invoice_items'][number]['period'], at: string): AddedPeriod {
  if (period === undefined) return WHOLE_PERIOD;
  const { start, end } = period;
  const startAt = timestampOf(start, `${at}[start]`);
  const endAt = timestampOf(end, `${at}[end]`);
  if (startAt !== null && endAt !== null && Temporal.Instant.compare(endAt, startAt) < 0) {
    throw invalidRequest('The period of an invoice item must not end before it starts.', `${at}[end]`);
  }
  return { start: { type: start.type, at: startAt }, end: { type: end.type, at: endAt } };
}

/** What is charged once has no discounts yet that it could keep. */
async function readAddedDiscounts(
  context: Context,
  given: readonly DiscountParams[] | null | undefined,
  of: ItemTerms,
  at: string,
): Promise<PhaseDiscount[]> {
  const read = await readDiscounts(context, given, of, at);
  const place = read.findIndex((each) => 'discount' in each);
  const kept = given?.[place]?.discount;
  if (kept === undefined) return read;
  throw resourceMissing('discount', kept, `${at}[${place}][discount]`);
}

function requireAddedPrice({ catalog, currency }: ItemTerms, id: string, param: string): Price {
  const price = catalog.prices.get(id);
  if (price === undefined) throw resourceMissing('price', id, param);
  if (!price.active && !catalog.mayBeArchived(id)) {
    throw invalidRequest('The price specified is inactive. This field only accepts active prices.', param);
  }
  if (price.recurring !== null) {
    throw invalidRequest(
      'The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.',
      param,
    );
  }
  checkCurrency(price, currency, param);
  return price;
}

/** What is charged once comes to, as it will when the phase begins. */
function addedAmount(price: Price, quantity: bigint, currency: string, param: string): bigint {
  const lines = rate(priceModel(price, currency), decimal(quantity));
  const amount = lines.reduce((sum, line) => sum + line.amount, 0n);
  checkAmount(amount, currency, param);
  return amount;
}

/** The ids of tax rates that can be used. */
export async function rateIds(
  context: Context,
  ids: readonly string[] | null | undefined,
  param: string,
): Promise<string[]> {
  return (await requireTaxRates(context, ids ?? [], param)).map(({ id }) => id);
}

/** Throws where a price says of itself that it includes taxes, or does not, and a rate that applies to it says otherwise. */
export async function checkRates(
  context: Context,
  { currency, defaultTaxRateIds, items }: Pick<Phase, 'currency' | 'defaultTaxRateIds' | 'items'>,
  prices: readonly Price[],
): Promise<void> {
  const ids = [...defaultTaxRateIds, ...items.flatMap(({ taxRateIds }) => taxRateIds)];
  const rates = new Map((await findTaxRates(context, [...new Set(ids)])).map((each) => [each.id, each]));
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
export async function readDiscounts(
  context: Context,
  given: readonly DiscountParams[] | null | undefined,
  { customer, currency, amount }: ItemTerms,
  at: string,
): Promise<PhaseDiscount[]> {
  const read: PhaseDiscount[] = [];
  for (const [index, { coupon, discount, promotion_code: promotionCode }] of (given ?? []).entries()) {
    const param = `${at}[${index}]`;
    if ([coupon, discount, promotionCode].filter((each) => each !== undefined).length !== 1) {
      throw invalidRequest('You must specify exactly one of `coupon`, `discount` and `promotion_code`.', param);
    }
    const hasPaid = promotionCode !== undefined && (await hasPaidBefore(context, customer.id));
    const purchase = { customerId: customer.id, currency, amount: amount ?? null, hasPaidBefore: hasPaid };
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
export function keptMetadata(change: MetadataChange | undefined): Metadata {
  return Object.fromEntries([...(change ?? [])].map(([key, value]) => [key, value ?? '']));
}
