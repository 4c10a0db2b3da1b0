import { changeTaxRates } from '../catalog/write_tax_rate.ts';
import { atTimeOf } from '../clocks/time.ts';
import type { Customer } from '../customers/customer.ts';
import { lockCustomer } from '../customers/customer.sql.ts';
import { lockLivingCustomer, takeOnCurrency } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import { MAX_INVOICE_ITEMS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { Period } from '../time/period.ts';
import { checkItemCount, storeChange, withLines } from './change_draft.ts';
import { findInvoices } from './invoice.sql.ts';
import type { WholeInvoice } from './invoice.ts';
import { type InvoiceItem, lineOf } from './invoice_item.ts';
import type { CreateItemParams, UpdateItemParams, UpdateLineParams } from './invoice_item.params.ts';
import { countPendingItems, findItem, insertItem, removeItems, updateItem } from './invoice_item.sql.ts';
import { viewDeletedItem, viewItem } from './invoice_item.view.ts';
import { changeItemDiscounts, endItemDiscounts, withItems, withoutItems } from './item_discounts.ts';
import { nameAt, type PricingParams, pricingIsGiven, readPricing } from './item_pricing.ts';
import { appendLines, removeLines, updateLine } from './line.sql.ts';
import { lockInvoice } from './lock.ts';
import { checkItemRates } from './tax_behavior.ts';
import { findInvoicedSubscription, type InvoicedSubscription } from './subscription.sql.ts';

/**
 * Creates an invoice item, pending or on a draft, and tells `invoiceitem.created`, then `invoice.updated` of the draft.
 * Its currency is the draft's, the subscription's or the customer's, unless the request names the same.
 */
export async function createItem(requested: Context, params: CreateItemParams): Promise<InvoiceItem> {
  const customer = await lockLivingCustomer(requested, await customerIdOf(requested, params), 'customer');
  const context = await atTimeOf(requested, customer.testClockId);
  const draft = params.invoice === undefined ? undefined : await lockDraft(context, params.invoice, customer);
  const subscription = await requireSubscriptionOf(context, customer, params.subscription, 'subscription');
  if (subscription?.hasEnded === true) {
    throw invalidRequest(`The subscription ${subscription.id} has ended: it bills nothing more.`, 'subscription');
  }
  await checkRoom(context, customer, draft);
  const currency = chooseCurrency(context, params, customer, draft?.invoice.currency ?? subscription?.currency);
  const made = await newItem(context, params, {
    customerId: customer.id,
    currency,
    invoiceId: draft?.invoice.id ?? null,
  });
  const item = await changeItemDiscounts(context, made, params.discounts);
  await takeOnCurrency(context, customer, currency);
  await insertItem(context, item);
  await recordEvent(context, 'invoiceitem.created', viewItem(context, item));
  if (draft !== undefined) await addLine(context, draft, item);
  return item;
}

async function customerIdOf(context: Context, params: CreateItemParams): Promise<string> {
  if (params.customer !== undefined) return params.customer;
  if (params.invoice === undefined) throw missingParameter('customer');
  const [invoice] = await findInvoices(context, [params.invoice]);
  if (invoice === undefined) throw resourceMissing('invoice', params.invoice, 'invoice');
  return invoice.customerId;
}

async function lockDraft(context: Context, id: string, customer: Customer): Promise<WholeInvoice> {
  const { whole } = await lockInvoice(context, id, 'edit', 'invoice');
  if (whole.invoice.customerId === customer.id) return whole;
  throw invalidRequest(`The invoice ${id} does not belong to customer ${customer.id}.`, 'invoice');
}

/** A subscription of that customer, where one is named. */
export async function requireSubscriptionOf(
  context: Context,
  customer: Customer,
  id: string | undefined,
  param: string,
): Promise<InvoicedSubscription | undefined> {
  if (id === undefined) return undefined;
  const subscription = await findInvoicedSubscription(context, id);
  if (subscription === undefined) throw resourceMissing('subscription', id, param);
  if (subscription.customerId === customer.id) return subscription;
  throw invalidRequest(`The subscription ${id} does not belong to customer ${customer.id}.`, param);
}

async function checkRoom(context: Context, customer: Customer, draft: WholeInvoice | undefined): Promise<void> {
  if (draft !== undefined) {
    checkItemCount([...draft.lines, { invoiceItemId: 'new' }], 'invoice');
    return;
  }
  if ((await countPendingItems(context, customer.id)) < BigInt(MAX_INVOICE_ITEMS)) return;
  throw invalidRequest(`A customer can have at most ${MAX_INVOICE_ITEMS} pending invoice items.`, 'customer');
}

function chooseCurrency(
  context: Context,
  params: CreateItemParams,
  customer: Customer,
  fixed: string | undefined,
): string {
  const named = params.currency ?? params.price_data?.currency;
  if (fixed === undefined) return named ?? customer.currency ?? context.account.defaultCurrency;
  if (named === undefined || named === fixed) return fixed;
  throw invalidRequest(
    `The currency of the invoice item, \`${named}\`, must be that of its invoice or subscription: \`${fixed}\`.`,
    params.currency === undefined ? 'price_data[currency]' : 'currency',
  );
}

/** The parameters that a new item has, whether it is made as such or as a line. */
type NewItemParams = PricingParams &
  Pick<CreateItemParams, 'description' | 'discountable' | 'metadata' | 'period' | 'subscription'> &
  Pick<UpdateItemParams, 'tax_rates'>;

/** An item of these parameters, not yet stored. `at` is where they stand. */
export async function newItem(
  context: Context,
  params: NewItemParams,
  place: Pick<InvoiceItem, 'customerId' | 'currency' | 'invoiceId'>,
  at = '',
): Promise<InvoiceItem> {
  const period = checkPeriod(params.period, at);
  const { pricing, product } = await readPricing(context, params, place.currency, at);
  const item: InvoiceItem = {
    ...pricing,
    ...place,
    id: newId('invoiceItem'),
    subscriptionId: params.subscription ?? null,
    subscriptionItemId: null,
    proration: false,
    creditedItems: null,
    proratedOf: null,
    billedSoFar: null,
    description: params.description ?? product?.name ?? null,
    period: period ?? { start: context.now, end: context.now },
    // "Defaults to false for prorations or negative invoice items, and true for all other invoice items."
    discountable: params.discountable ?? pricing.amount >= 0n,
    discounts: [],
    taxRates: await changeTaxRates(context, [], params.tax_rates, nameAt(at, 'tax_rates')),
    wasPending: place.invoiceId === null,
    metadata: changeMetadata({}, params.metadata),
    createdAt: context.now,
  };
  await checkItemRates(context, item);
  return item;
}

/** The period that a request gives. Throws when it ends before it starts. */
export function checkPeriod(period: Period | undefined, at: string): Period | undefined {
  if (period === undefined || Temporal.Instant.compare(period.start, period.end) <= 0) return period;
  throw invalidRequest('`period[end]` must not be before `period[start]`.', nameAt(at, 'period[end]'));
}

async function addLine(context: Context, draft: WholeInvoice, item: InvoiceItem): Promise<void> {
  const line = lineOf(item);
  await appendLines(context, draft.invoice.id, [line]);
  await storeChange(context, draft, withLines(withItems(draft, [item]), [...draft.lines, line]));
}

/** An item with its customer locked, which keeps all others from changing it. Throws resource_missing. */
async function lockItem(context: Context, id: string): Promise<InvoiceItem> {
  const known = await findItem(context, id);
  if (known !== undefined) await lockCustomer(context, known.customerId);
  const item = known && (await findItem(context, id));
  if (item === undefined) throw resourceMissing('invoiceitem', id);
  return item;
}

/** Changes an item that is pending or on a draft, and tells `invoice.updated` of the draft. */
export async function changeItem(context: Context, id: string, params: UpdateItemParams): Promise<InvoiceItem> {
  const item = await lockItem(context, id);
  const draft = await draftOf(context, item);
  const changed = await changeItemDiscounts(context, await applyChange(context, item, params), params.discounts);
  await updateItem(context, changed);
  if (draft !== undefined) {
    const lines = draft.lines.map((line) => (line.invoiceItemId === id ? lineOf(changed, line.id) : line));
    for (const line of lines) if (line.invoiceItemId === id) await updateLine(context, draft.invoice.id, line);
    await storeChange(context, draft, withLines(withItems(draft, [changed]), lines));
  }
  return changed;
}

async function draftOf(context: Context, item: InvoiceItem): Promise<WholeInvoice | undefined> {
  return item.invoiceId === null ? undefined : (await lockInvoice(context, item.invoiceId, 'edit')).whole;
}

/** The item as a request wants it, whether asked of the item itself or of its line. `at` is where the parameters stand. */
export async function applyChange(
  context: Context,
  item: InvoiceItem,
  params: UpdateItemParams | UpdateLineParams,
  at = '',
): Promise<InvoiceItem> {
  const period = checkPeriod(params.period, at) ?? item.period;
  const read = pricingIsGiven(params) ? await readPricing(context, params, item.currency, at, item) : undefined;
  const changed: InvoiceItem = {
    ...item,
    ...read?.pricing,
    // What is charged otherwise is no share of anything.
    proratedOf: read === undefined ? item.proratedOf : null,
    billedSoFar: read === undefined ? item.billedSoFar : null,
    description: params.description ?? item.description,
    period,
    discountable: params.discountable ?? item.discountable,
    taxRates: await changeTaxRates(context, item.taxRates, params.tax_rates, nameAt(at, 'tax_rates')),
    metadata: changeMetadata(item.metadata, params.metadata),
  };
  if (read !== undefined || params.tax_rates !== undefined) await checkItemRates(context, changed);
  return changed;
}

/** Takes an item away that is pending or on a draft; tells `invoiceitem.deleted`, then `invoice.updated` of the draft. */
export async function deleteItem(context: Context, id: string) {
  const item = await lockItem(context, id);
  const draft = await draftOf(context, item);
  const lines = draft?.lines.filter((line) => line.invoiceItemId === id) ?? [];
  if (lines.length > 0) {
    await removeLines(
      context,
      lines.map((line) => line.id),
    );
  }
  await removeItems(context, [id]);
  await endItemDiscounts(context, [item]);
  await recordEvent(context, 'invoiceitem.deleted', viewItem(context, item));
  if (draft !== undefined) {
    const rest = draft.lines.filter((line) => line.invoiceItemId !== id);
    await storeChange(context, draft, withLines(withoutItems(draft, [item]), rest));
  }
  return viewDeletedItem(id);
}
