import { amountsIn, type Price } from '../catalog/price.ts';
import type { CreatePriceParams } from '../catalog/price.params.ts';
import { findPrice } from '../catalog/price.sql.ts';
import type { Product } from '../catalog/product.ts';
import { findProduct } from '../catalog/product.sql.ts';
import { createPrice } from '../catalog/write_price.ts';
import { createProduct } from '../catalog/write_product.ts';
import { type Decimal, decimal } from '../money/decimal.ts';
import { ratePerUnit } from '../rating/per_unit.ts';
import { rate } from '../rating/rate.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing, StripeError } from '../stripe/errors.ts';
import type { NewLineParams } from './invoice_item.params.ts';
import type { ItemPricing } from './invoice_item.ts';
import { priceModel } from './price_model.ts';
import { checkAmount } from './totals.ts';

/** The parameters that say what an item is charged at. An item takes a unit amount of its own, a line does not. */
export type PricingParams = Pick<
  NewLineParams,
  'amount' | 'price_data' | 'pricing' | 'quantity' | 'quantity_decimal'
> & {
  readonly unit_amount_decimal?: Decimal;
};

/** What an item is charged at, and the product whose name describes it where nothing else does. */
type ReadPricing = { readonly pricing: ItemPricing; readonly product: Product | null };

/** `nameAt('lines[0]', 'price_data[product]')` → `lines[0][price_data][product]`. */
export function nameAt(at: string, name: string): string {
  return at === '' ? name : name.replace(/^[^[]+/, (head) => `${at}[${head}]`);
}

/** True where a request says anything about what an item is charged at. */
export function pricingIsGiven(params: PricingParams): boolean {
  return unitsGiven(params).length > 0 || params.quantity !== undefined || params.quantity_decimal !== undefined;
}

/**
 * What the parameters charge in a currency; `current` is what the item is charged at already, of which a new quantity
 * keeps the unit and a new unit the quantity. An inline price becomes an inactive price of its own. Errors name the
 * parameters as they stand at `at`: parameters that contradict each other, unknown, inactive and recurring prices,
 * prices that lack the currency, amounts of too many digits.
 */
export async function readPricing(
  context: Context,
  params: PricingParams,
  currency: string,
  at = '',
  current?: ItemPricing,
): Promise<ReadPricing> {
  checkExclusive(params, at);
  if (params.amount !== undefined) {
    checkAmount(params.amount, currency, nameAt(at, 'amount'));
    const amount = { quantity: decimal(1), unitAmount: decimal(params.amount), amount: params.amount };
    return { pricing: { priceId: null, productId: null, ...amount }, product: null };
  }
  const quantity = params.quantity_decimal ?? decimal(params.quantity ?? 1n);
  const kept = current !== undefined && !quantityIsGiven(params) ? current.quantity : quantity;
  const read = await readUnit(context, params, currency, at, current, kept);
  checkAmount(read.pricing.amount, currency, nameAt(at, quantityIsGiven(params) ? quantityName(params) : 'pricing'));
  return read;
}

async function readUnit(
  context: Context,
  params: PricingParams,
  currency: string,
  at: string,
  current: ItemPricing | undefined,
  quantity: Decimal,
): Promise<ReadPricing> {
  const { unit_amount_decimal: unitAmount } = params;
  if (unitAmount !== undefined) return { pricing: ownPricing(unitAmount, quantity), product: null };
  const priceId = await readPriceId(context, params, currency, at);
  if (priceId === undefined && current === undefined) throw nothingGiven(at);
  if (priceId === undefined && current?.priceId === null) {
    return { pricing: ownPricing(current.unitAmount, quantity), product: null };
  }
  const price = await findProductPrice(context, priceId ?? current?.priceId ?? '', nameAt(at, 'pricing[price]'));
  // An inline price is inactive, and a price that the item has already may have been archived since.
  if (params.pricing?.price !== undefined) checkPrice(price, nameAt(at, 'pricing[price]'));
  return charge(
    price,
    currency,
    quantity,
    nameAt(at, params.price_data === undefined ? 'pricing[price]' : 'price_data'),
  );
}

function ownPricing(unitAmount: Decimal, quantity: Decimal): ItemPricing {
  const [line] = ratePerUnit(unitAmount, quantity);
  return { priceId: null, productId: null, quantity, unitAmount, amount: line?.amount ?? 0n };
}

type ProductPrice = { readonly price: Price; readonly product: Product };

async function findProductPrice(context: Context, id: string, param: string): Promise<ProductPrice> {
  const price = await findPrice(context, id);
  const product = price && (await findProduct(context, price.productId));
  if (price === undefined || product === undefined) throw resourceMissing('price', id, param);
  return { price, product };
}

function charge({ price, product }: ProductPrice, currency: string, quantity: Decimal, param: string): ReadPricing {
  checkCurrency(price, currency, param);
  const [line] = rate(priceModel(price, currency), quantity);
  if (line === undefined) throw new Error(`the price ${price.id} rates no line`);
  const { unitAmount, amount } = line;
  return { pricing: { priceId: price.id, productId: product.id, quantity, unitAmount, amount }, product };
}

function checkPrice({ price, product }: ProductPrice, param: string): void {
  if (!price.active) {
    throw invalidRequest('The price specified is inactive. This field only accepts active prices.', param);
  }
  if (price.recurring !== null) {
    throw invalidRequest(
      'The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.',
      param,
    );
  }
  if (!product.active) {
    throw invalidRequest(
      'This price is not available to be purchased because its product is not active.',
      param,
      'product_inactive',
    );
  }
}

function checkCurrency(price: Price, currency: string, param: string): void {
  if (amountsIn(price, currency) !== undefined) return;
  const supported = [price.currency, ...price.currencyOptions.keys()].map((code) => `\`${code}\``).join(', ');
  throw invalidRequest(
    `The price specified only supports ${supported}. This doesn't match the expected currency: \`${currency}\`.`,
    param,
  );
}

/** The price that the parameters name or bring along; undefined where they do neither. */
async function readPriceId(
  context: Context,
  { pricing, price_data: data }: PricingParams,
  currency: string,
  at: string,
): Promise<string | undefined> {
  if (data === undefined) return pricing?.price;
  if (data.currency !== currency) {
    throw invalidRequest(
      `The currency of \`price_data\` is \`${data.currency}\`. This doesn't match the expected currency: \`${currency}\`.`,
      nameAt(at, 'price_data[currency]'),
    );
  }
  return await within(nameAt(at, 'price_data'), async () => (await createInlinePrice(context, data)).id);
}

type PriceData = NonNullable<PricingParams['price_data']>;

/** An inline price is stored as an inactive one, so that the line refers to what it was charged at. */
async function createInlinePrice(context: Context, { product_data: data, product, ...amounts }: PriceData) {
  if (product !== undefined && data !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: product, product_data.',
      'product',
      'parameters_exclusive',
    );
  }
  const made = data && (await within('product_data', () => createProduct(context, data)));
  const terms: CreatePriceParams = { ...amounts, active: false };
  const productId = made?.id ?? product;
  return await createPrice(context, productId === undefined ? terms : { ...terms, product: productId });
}

/** Errors of `work` name parameters as they stand below `at`. */
async function within<T>(at: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StripeError) || error.fields.param === undefined) throw error;
    throw new StripeError({ ...error.fields, param: nameAt(at, error.fields.param) });
  }
}

function unitsGiven(params: PricingParams): string[] {
  const names = ['amount', 'pricing', 'price_data', 'unit_amount_decimal'] as const;
  return names.filter((name) => (name === 'pricing' ? params.pricing?.price : params[name]) !== undefined);
}

function checkExclusive(params: PricingParams, at: string): void {
  const units = unitsGiven(params);
  if (units.length > 1) throw exclusive(units, at);
  if (params.quantity !== undefined && params.quantity_decimal !== undefined) {
    throw exclusive(['quantity', 'quantity_decimal'], at);
  }
  if (params.amount !== undefined && quantityIsGiven(params)) throw exclusive(['amount', quantityName(params)], at);
}

function quantityIsGiven(params: PricingParams): boolean {
  return params.quantity !== undefined || params.quantity_decimal !== undefined;
}

function quantityName(params: PricingParams): string {
  return params.quantity === undefined ? 'quantity_decimal' : 'quantity';
}

function exclusive(names: readonly string[], at: string): StripeError {
  const message = `You may only specify one of these parameters: ${names.join(', ')}.`;
  return invalidRequest(message, nameAt(at, names[0] ?? ''), 'parameters_exclusive');
}

function nothingGiven(at: string): StripeError {
  return invalidRequest(
    'You must specify what is charged: `amount`, `pricing[price]`, `price_data` or, on an invoice item, `unit_amount_decimal`.',
    nameAt(at, 'amount'),
    'parameter_missing',
  );
}
