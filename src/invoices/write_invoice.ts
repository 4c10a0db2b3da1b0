import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import { changeTaxRates, requireTaxRates } from '../catalog/write_tax_rate.ts';
import { atTimeOf } from '../clocks/time.ts';
import type { Customer } from '../customers/customer.ts';
import { lockLivingCustomer, takeOnCurrency } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import { checkDefaultMethod, checkMethodTypes } from '../payments/default_method.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { balanceIn } from './balance.ts';
import { checkItemCount, storeChange, withLines } from './change_draft.ts';
import { deleteDiscounts } from './discount.sql.ts';
import { createInvoice } from './finalize.ts';
import type { CreateInvoiceParams, UpdateInvoiceParams } from './invoice.params.ts';
import { removeInvoice } from './invoice.sql.ts';
import { type Invoice, snapshotOf, type WholeInvoice } from './invoice.ts';
import { viewDeletedInvoice, viewInvoice } from './invoice.view.ts';
import { type InvoiceItem, lineOf } from './invoice_item.ts';
import { attachItems, detachItems, findItemsOf, findPendingItems, removeItems } from './invoice_item.sql.ts';
import { viewItem } from './invoice_item.view.ts';
import { endItemDiscounts, withItems } from './item_discounts.ts';
import { removeLines } from './line.sql.ts';
import { lockInvoice } from './lock.ts';
import { changeDiscounts } from './redeem_discounts.ts';
import { BY_HAND, changeSchedule } from './schedule.ts';
import { withAdvance } from './settle.ts';
import type { InvoicedSubscription } from './subscription.sql.ts';
import { checkLineRates } from './tax_behavior.ts';
import { findTaxFacts, type TaxFacts } from './tax_facts.sql.ts';
import { totalsOf } from './totals.ts';
import { checkTransition } from './transitions.ts';
import { requireSubscriptionOf } from './write_item.ts';

/**
 * Makes a draft for a customer, with its pending items where they are asked for (of a subscription: with those that
 * name it), and tells `invoice.created`. Throws where there are none to include, for a currency that is not the
 * customer's, and for a number that another invoice has.
 */
export async function makeInvoice(requested: Context, params: CreateInvoiceParams): Promise<WholeInvoice> {
  const customer = await lockLivingCustomer(requested, params.customer, 'customer');
  const context = await atTimeOf(requested, customer.testClockId);
  const subscription = await requireSubscriptionOf(context, customer, params.subscription, 'subscription');
  const currency = chooseCurrency(context, params, customer, subscription);
  const items = await itemsToInclude(context, params, customer);
  await checkDefaultMethod(context, customer.id, params.default_payment_method ?? null);
  const defaultTaxRates = await chooseTaxRates(context, params, subscription);
  const taxFacts = await findTaxFacts(context, customer.id);
  const draft = newInvoice(context, params, { customer, subscription, currency, defaultTaxRates, taxFacts });
  const full = withLines(
    withItems(draft, items),
    items.map((item) => lineOf(item)),
  );
  const whole = await withDiscounts(context, full, params.discounts);
  checkItemCount(whole.lines, 'pending_invoice_items_behavior');
  await checkLineRates(context, undefined, whole);
  await takeOnCurrency(context, customer, currency);
  await createInvoice(context, whole);
  await attachItems(
    context,
    items.map((item) => item.id),
    whole.invoice.id,
  );
  return whole;
}

async function withDiscounts(
  context: Context,
  whole: WholeInvoice,
  wanted: UpdateInvoiceParams['discounts'],
): Promise<WholeInvoice> {
  const discounts = await changeDiscounts(context, whole, wanted);
  return withLines({ ...whole, invoice: { ...whole.invoice, discounts } }, whole.lines);
}

function chooseCurrency(
  context: Context,
  { currency }: CreateInvoiceParams,
  customer: Customer,
  subscription: InvoicedSubscription | undefined,
): string {
  const chosen = currency ?? subscription?.currency ?? customer.currency ?? context.account.defaultCurrency;
  if (subscription === undefined || subscription.currency === chosen) return chosen;
  throw invalidRequest(
    `The subscription ${subscription.id} is billed in \`${subscription.currency}\`, not in \`${chosen}\`.`,
    'currency',
  );
}

/** The default tax rates of a new invoice: those of the request, or else of the subscription that it is for. */
async function chooseTaxRates(
  context: Context,
  { default_tax_rates: wanted }: CreateInvoiceParams,
  subscription: InvoicedSubscription | undefined,
): Promise<readonly TaxRate[]> {
  if (wanted !== undefined) return await requireTaxRates(context, wanted, 'default_tax_rates');
  const ids = subscription?.defaultTaxRateIds ?? [];
  const byId = new Map((await findTaxRates(context, ids)).map((rate) => [rate.id, rate]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

async function itemsToInclude(
  context: Context,
  { pending_invoice_items_behavior: behavior, subscription }: CreateInvoiceParams,
  customer: Customer,
): Promise<InvoiceItem[]> {
  if (behavior !== 'include') return [];
  const items = await findPendingItems(context, { customerId: customer.id, subscriptionId: subscription });
  if (items.length > 0) return items;
  throw subscription === undefined
    ? invalidRequest(
        'Nothing to invoice for customer: there are no pending invoice items.',
        undefined,
        'invoice_no_customer_line_items',
      )
    : invalidRequest(
        'Nothing to invoice for subscription: there are no pending invoice items.',
        undefined,
        'invoice_no_subscription_line_items',
      );
}

type Whose = {
  readonly customer: Customer;
  readonly subscription: InvoicedSubscription | undefined;
  readonly currency: string;
  readonly defaultTaxRates: readonly TaxRate[];
  readonly taxFacts: TaxFacts;
};

function newInvoice(
  context: Context,
  params: CreateInvoiceParams,
  { customer, subscription, currency, defaultTaxRates, taxFacts }: Whose,
): WholeInvoice {
  const { now } = context;
  const taxing = { customer, defaultTaxRates, taxRounding: taxFacts.rounding };
  const invoice: Invoice = {
    id: newId('invoice'),
    customerId: customer.id,
    subscriptionId: subscription?.id ?? null,
    status: 'draft',
    billingReason: 'manual',
    thresholdReason: null,
    currency,
    number: params.number ?? null,
    numberIsCounted: false,
    ...totalsOf([], { startingBalance: balanceIn(customer, currency), discounts: [], ...taxing }),
    defaultTaxRates,
    taxRounding: taxFacts.rounding,
    endingBalance: null,
    amountPaid: 0n,
    amountPaidOffStripe: 0n,
    prePaymentCredit: 0n,
    postPaymentCredit: 0n,
    attempted: false,
    attemptCount: 0,
    defaultPaymentMethodId: params.default_payment_method ?? null,
    paymentMethodTypes: chooseTypes(params, subscription?.paymentMethodTypes ?? null, currency),
    period: { start: now, end: now },
    ...changeSchedule(BY_HAND, params, { customer, createdAt: now, now }),
    effectiveAt: params.effective_at ?? null,
    lastFinalizationError: null,
    finalizedAt: null,
    paidAt: null,
    markedUncollectibleAt: null,
    uncollectibleReason: null,
    prorationAt: null,
    voidedAt: null,
    isOfPendingUpdate: false,
    customer: snapshotOf(customer),
    customerTaxIds: taxFacts.customerTaxIds,
    subscriptionMetadata: subscription?.metadata ?? null,
    description: params.description ?? null,
    customFields: params.custom_fields === undefined ? customer.invoiceCustomFields : params.custom_fields,
    footer: params.footer ?? customer.invoiceFooter,
    metadata: changeMetadata({}, params.metadata),
    testClockId: customer.testClockId,
    createdAt: now,
  };
  return { invoice, lines: [] };
}

/**
 * Changes the given fields and tells `invoice.updated`. Of what is final only the metadata can change, what it is paid with
 * until it is, and, while it is open, whether it goes on by itself. Throws invoice_not_editable for all else.
 */
export async function changeInvoice(
  requested: Context,
  id: string,
  params: UpdateInvoiceParams,
): Promise<WholeInvoice> {
  const { context, customer, whole } = await lockInvoice(requested, id, 'annotate');
  const { metadata, auto_advance: autoAdvance, default_payment_method: method, ...rest } = params;
  if (Object.keys(rest).length > 0) checkTransition(whole.invoice, 'edit');
  if (method !== undefined) checkTransition(whole.invoice, 'choose_method');
  await checkDefaultMethod(context, customer.id, method ?? null);
  if (autoAdvance === true) checkTransition(whole.invoice, 'advance');
  const changed =
    whole.invoice.status === 'draft'
      ? await changeDraft(context, whole.invoice, customer, params)
      : withAdvance(whole.invoice, autoAdvance);
  const defaultPaymentMethodId = given(method, changed.defaultPaymentMethodId);
  const described = {
    ...whole,
    invoice: { ...changed, defaultPaymentMethodId, metadata: changeMetadata(changed.metadata, metadata) },
  };
  const after = whole.invoice.status === 'draft' ? await withDiscounts(context, described, rest.discounts) : described;
  await storeChange(context, whole, after);
  return after;
}

async function changeDraft(
  context: Context,
  invoice: Invoice,
  customer: Customer,
  params: UpdateInvoiceParams,
): Promise<Invoice> {
  const { now } = context;
  if (params.number !== undefined && params.number !== invoice.number) keepCounted(invoice);
  return {
    ...invoice,
    ...changeSchedule(invoice, params, { customer, createdAt: invoice.createdAt, now }),
    number: given(params.number, invoice.number),
    defaultTaxRates: await changeTaxRates(
      context,
      invoice.defaultTaxRates,
      params.default_tax_rates,
      'default_tax_rates',
    ),
    effectiveAt: given(params.effective_at, invoice.effectiveAt),
    description: params.description ?? invoice.description,
    customFields: given(params.custom_fields, invoice.customFields),
    footer: params.footer ?? invoice.footer,
    paymentMethodTypes: chooseTypes(params, invoice.paymentMethodTypes, invoice.currency),
  };
}

function chooseTypes(
  { payment_settings: settings }: UpdateInvoiceParams,
  current: Invoice['paymentMethodTypes'],
  currency: string,
): Invoice['paymentMethodTypes'] {
  const types = settings?.payment_method_types;
  return types === undefined ? current : checkMethodTypes(types, currency);
}

/** A number that a sequence has stepped over stays with its invoice: without it there would be a gap. */
function keepCounted({ number, numberIsCounted }: Invoice): void {
  if (!numberIsCounted) return;
  throw invalidRequest(
    `The number ${number} has been counted: later invoices have later ones. Finalize and void this invoice instead.`,
    undefined,
    'invoice_not_editable',
  );
}

/** The value of the request, where it gave one; null clears. */
function given<T>(value: T | null | undefined, current: T | null): T | null {
  return value === undefined ? current : value;
}

/**
 * Deletes a draft that belongs to no subscription, and tells `invoice.deleted`. Items that were pending are so again;
 * those that were made for it go with it, each with its `invoiceitem.deleted`.
 */
export async function deleteInvoice(requested: Context, id: string) {
  const { context, whole } = await lockInvoice(requested, id, 'delete');
  if (whole.invoice.subscriptionId !== null) {
    throw invalidRequest(
      'You can only delete draft invoices that do not belong to a subscription.',
      undefined,
      'invoice_not_editable',
    );
  }
  keepCounted(whole.invoice);
  const items = await findItemsOf(context, id);
  const [kept, made] = [items.filter((item) => item.wasPending), items.filter((item) => !item.wasPending)];
  if (whole.lines.length > 0) {
    await removeLines(
      context,
      whole.lines.map((line) => line.id),
    );
  }
  const discountIds = whole.invoice.discounts.filter(({ itemId }) => itemId === null).map((discount) => discount.id);
  await deleteDiscounts(context, discountIds, context.now);
  await freeItems(context, kept);
  await deleteItems(context, made);
  await removeInvoice(context, id);
  await recordEvent(context, 'invoice.deleted', viewInvoice(context, whole));
  return viewDeletedInvoice(id);
}

/** Makes items pending again; their lines must be gone. */
export async function freeItems(context: Context, items: readonly InvoiceItem[]): Promise<void> {
  if (items.length === 0) return;
  await detachItems(
    context,
    items.map((item) => item.id),
  );
}

/** Takes items away whose lines are gone, and tells `invoiceitem.deleted` of each. */
export async function deleteItems(context: Context, items: readonly InvoiceItem[]): Promise<void> {
  if (items.length === 0) return;
  await removeItems(
    context,
    items.map((item) => item.id),
  );
  await endItemDiscounts(context, items);
  for (const item of items) await recordEvent(context, 'invoiceitem.deleted', viewItem(context, item));
}
