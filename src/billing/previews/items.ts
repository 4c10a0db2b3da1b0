import { findProduct } from '../../catalog/product.sql.ts';
import type { Customer } from '../../customers/customer.ts';
import type { DiscountParams } from '../../invoices/invoice.params.ts';
import type { InvoiceItem } from '../../invoices/invoice_item.ts';
import { foreseeItemDiscounts } from '../../invoices/item_discounts.ts';
import { findPendingItems } from '../../invoices/invoice_item.sql.ts';
import { applyChange, newItem } from '../../invoices/write_item.ts';
import type { Foreseen } from '../../invoices/redeem_discounts.ts';
import { decimal } from '../../money/decimal.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest, resourceMissing, StripeError } from '../../stripe/errors.ts';
import { isOfItem } from '../ending_now.ts';
import { whoseTurn } from '../pending_items.ts';
import type { PreviewItemParams } from './preview.params.ts';

/** What a preview charges once: for whom, with which subscription, and in which currency. */
type OneOffTerms = {
  readonly customer: Customer;
  /** Of a subscription: with what is pending for it, for none, or for one that has ended. Undefined: with all that is pending. */
  readonly subscriptionId: string | undefined;
  readonly currency: string;
  readonly foreseen: Foreseen;
  /** Of what is pending: a subscription that ends now leaves the rest to others. */
  readonly ofItemsOnly: boolean;
};

/** An item that a preview adds or changes, and where it stands in the request. */
export type PlacedItem = { readonly params: PreviewItemParams; readonly at: string };

/** An item that a phase charges once, with the discounts that it would have, and where it stands in the phase. */
export type PlannedItem = {
  readonly item: InvoiceItem;
  readonly discounts: readonly DiscountParams[];
  readonly at: string;
};

/**
 * What is pending and the items that a preview adds, newest first; pending items that it changes are
 * shown so. Nothing is written.
 */
export async function oneOffItems(
  context: Context,
  terms: OneOffTerms,
  wanted: readonly (PlacedItem | PlannedItem)[],
): Promise<InvoiceItem[]> {
  const pending = await pendingItems(context, terms);
  const items = new Map(pending.map((item) => [item.id, item]));
  const added: InvoiceItem[] = [];
  for (const each of wanted) {
    if ('item' in each) {
      const at = `${each.at}[discounts]`;
      added.push(await foreseeItemDiscounts(context, each.item, each.discounts, at, terms.foreseen));
      continue;
    }
    const { params, at } = each;
    const item = await withParamNames(() => previewItem(context, terms, items, params, at));
    if (params.invoiceitem === undefined) added.push(item);
    else items.set(item.id, item);
  }
  return [...added.toReversed(), ...items.values()];
}

async function pendingItems(context: Context, terms: OneOffTerms): Promise<InvoiceItem[]> {
  const { customer, subscriptionId, ofItemsOnly } = terms;
  const pending = await findPendingItems(context, { customerId: customer.id });
  if (ofItemsOnly) return pending.filter((item) => isOfItem(item) && item.subscriptionId === subscriptionId);
  if (subscriptionId === undefined) return pending;
  const isBilledWith = await whoseTurn(context, pending);
  return pending.filter((item) => isBilledWith(item, subscriptionId));
}

async function previewItem(
  context: Context,
  terms: OneOffTerms,
  pending: ReadonlyMap<string, InvoiceItem>,
  params: PreviewItemParams,
  at: string,
): Promise<InvoiceItem> {
  if (params.currency !== undefined && params.currency !== terms.currency) {
    throw invalidRequest(
      `The currency of the invoice item, \`${params.currency}\`, must be that of the preview: \`${terms.currency}\`.`,
      `${at}[currency]`,
    );
  }
  const read = await readParams(context, params, terms.currency, at);
  if (params.invoiceitem === undefined) {
    const place = { customerId: terms.customer.id, currency: terms.currency, invoiceId: null };
    return await discounted(context, await newItem(context, read, place, at), terms, { params, at });
  }
  const item = pending.get(params.invoiceitem);
  if (item === undefined) throw resourceMissing('invoiceitem', params.invoiceitem, `${at}[invoiceitem]`);
  return await discounted(context, await applyChange(context, item, read, at), terms, { params, at });
}

/** With the discounts that it would have: none of them is redeemed. */
async function discounted(
  context: Context,
  item: InvoiceItem,
  { foreseen }: OneOffTerms,
  { params, at }: PlacedItem,
): Promise<InvoiceItem> {
  return await foreseeItemDiscounts(context, item, params.discounts, `${at}[discounts]`, foreseen);
}

/** The same as parameters of an invoice item. An inline price is not stored: its unit amount alone is shown. */
async function readParams(context: Context, params: PreviewItemParams, currency: string, at: string) {
  const { price, price_data: data, unit_amount: unit, unit_amount_decimal: exact, ...rest } = params;
  if ([price, data, unit, exact].filter((given) => given !== undefined).length > 1) {
    throw invalidRequest(
      'You may only specify one of these parameters: price, price_data, unit_amount, unit_amount_decimal.',
      at,
      'parameters_exclusive',
    );
  }
  const inline = data === undefined ? undefined : await readInline(context, data, currency, `${at}[price_data]`);
  const whole = unit === undefined ? undefined : decimal(unit);
  const unitAmount = inline?.unitAmount ?? whole ?? exact;
  return {
    ...rest,
    ...(inline === undefined ? {} : { description: rest.description ?? inline.name }),
    ...(price === undefined ? {} : { pricing: { price } }),
    ...(unitAmount === undefined ? {} : { unit_amount_decimal: unitAmount }),
  };
}

type PriceData = NonNullable<PreviewItemParams['price_data']>;

async function readInline(context: Context, data: PriceData, currency: string, at: string) {
  const product = await findProduct(context, data.product);
  if (product === undefined) throw resourceMissing('product', data.product, `${at}[product]`);
  if (data.currency !== currency) {
    throw invalidRequest(
      `The currency of \`price_data\` is \`${data.currency}\`. This doesn't match the expected currency: \`${currency}\`.`,
      `${at}[currency]`,
    );
  }
  const { unit_amount: whole, unit_amount_decimal: exact } = data;
  if ((whole === undefined) === (exact === undefined)) {
    throw invalidRequest(
      'Prices require either `unit_amount` or `unit_amount_decimal` to be set.',
      `${at}[unit_amount]`,
    );
  }
  return { name: product.name, unitAmount: exact ?? decimal(whole ?? 0n) };
}

/** An item of a preview names its price directly, and not as `pricing[price]`. */
async function withParamNames<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StripeError) || error.fields.param === undefined) throw error;
    throw new StripeError({ ...error.fields, param: error.fields.param.replace('[pricing][price]', '[price]') });
  }
}
