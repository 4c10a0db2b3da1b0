import { viewTaxRate } from '../catalog/tax_rate.view.ts';
import { EMBEDDED_INVOICE_LINES } from '../limits.ts';
import { formatDecimal, isInteger, toBigInt } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { listView } from '../stripe/lists.ts';
import { toUnix } from '../time/instant.ts';
import { isOn, type LineDiscount } from './discount.ts';
import { viewLinks } from './document/link.ts';
import { type Invoice, type InvoiceLine, remainingOf, type WholeInvoice } from './invoice.ts';
import type { InvoiceTax } from './tax.ts';
import { includePayments, includeSecret } from './invoice_payment.view.ts';
import { findWholeInvoices } from './read.ts';
import { viewThresholdReason } from './threshold_reason.ts';

/** The wire shape of an invoice, stored or previewed, with its first 10 lines; `lines` holds more where it has more. */
export function viewInvoice(context: Context, { invoice, lines }: WholeInvoice) {
  return {
    id: invoice.id,
    object: 'invoice',
    account_country: context.account.country,
    account_name: context.account.name,
    account_tax_ids: null,
    ...viewAmounts(invoice),
    application: null,
    ...viewCollection(context, invoice),
    billing_reason: invoice.billingReason,
    created: toUnix(invoice.createdAt),
    currency: invoice.currency,
    custom_fields: invoice.customFields,
    ...viewCustomerFields(invoice),
    default_tax_rates: invoice.defaultTaxRates.map((rate) => viewTaxRate(context, rate)),
    description: invoice.description,
    discounts: invoice.discounts.filter(({ itemId }) => itemId === null).map(({ id }) => id),
    footer: invoice.footer,
    from_invoice: null,
    issuer: { type: 'self' },
    last_finalization_error: invoice.lastFinalizationError,
    latest_revision: null,
    lines: viewFirstLines(context, invoice, lines),
    livemode: context.account.livemode,
    metadata: invoice.metadata,
    number: invoice.number,
    on_behalf_of: null,
    parent: viewParent(invoice),
    period_end: toUnix(invoice.period.end),
    period_start: toUnix(invoice.period.start),
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    statement_descriptor: null,
    status: invoice.status,
    ...(invoice.status === 'uncollectible'
      ? { status_details: { uncollectible: { reason: invoice.uncollectibleReason } } }
      : {}),
    status_transitions: {
      finalized_at: unixOrNull(invoice.finalizedAt),
      marked_uncollectible_at: unixOrNull(invoice.markedUncollectibleAt),
      paid_at: unixOrNull(invoice.paidAt),
      voided_at: unixOrNull(invoice.voidedAt),
    },
    test_clock: invoice.testClockId,
    ...viewThresholdReason(invoice.thresholdReason),
    // No endpoint waits for deliveries yet, so an invoice is delivered as soon as it exists.
    webhooks_delivered_at: isPreview(invoice) ? null : toUnix(invoice.createdAt),
  };
}

/** What remains of a deleted draft. */
export function viewDeletedInvoice(id: string) {
  return { id, object: 'invoice', deleted: true };
}

function viewParent({ prorationAt, subscriptionId, subscriptionMetadata: metadata }: Invoice) {
  if (subscriptionId === null) return null;
  return {
    quote_details: null,
    subscription_details: {
      metadata,
      subscription: subscriptionId,
      ...(prorationAt === null ? {} : { subscription_proration_date: toUnix(prorationAt) }),
    },
    type: 'subscription_details',
  };
}

function viewAmounts(invoice: Invoice) {
  return {
    amount_due: invoice.amountDue,
    amount_overpaid: 0,
    amount_paid: invoice.amountPaid,
    ...(invoice.amountPaidOffStripe === 0n ? {} : { amount_paid_off_stripe: invoice.amountPaidOffStripe }),
    amount_remaining: remainingOf(invoice),
    amount_shipping: 0,
    ending_balance: invoice.endingBalance,
    post_payment_credit_notes_amount: invoice.postPaymentCredit,
    pre_payment_credit_notes_amount: invoice.prePaymentCredit,
    starting_balance: invoice.startingBalance,
    subtotal: invoice.subtotal,
    subtotal_excluding_tax: invoice.subtotalExcludingTax,
    total: invoice.total,
    total_discount_amounts: viewDiscountAmounts(invoice.discounts),
    total_excluding_tax: invoice.totalExcludingTax,
    total_pretax_credit_amounts: [],
    total_taxes: viewTaxes(invoice.taxes),
  };
}

function viewCollection(context: Context, invoice: Invoice) {
  return {
    attempt_count: invoice.attemptCount,
    attempted: invoice.attempted,
    // A preview neither goes on by itself nor has pages, and says so by having no such fields.
    ...(isPreview(invoice) ? {} : { auto_advance: invoice.autoAdvance, ...viewLinks(context, invoice) }),
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: unixOrNull(invoice.automaticallyFinalizesAt),
    collection_method: invoice.collectionMethod,
    default_payment_method: invoice.defaultPaymentMethodId,
    default_source: null,
    due_date: unixOrNull(invoice.dueAt),
    effective_at: unixOrNull(invoice.effectiveAt ?? invoice.finalizedAt),
    next_payment_attempt: unixOrNull(invoice.nextPaymentAttemptAt),
    payment_settings: {
      default_mandate: null,
      payment_method_options: null,
      payment_method_types: invoice.paymentMethodTypes,
    },
  };
}

function viewCustomerFields({ customer, customerId, customerTaxIds }: Invoice) {
  return {
    customer: customerId,
    customer_account: null,
    customer_address: customer.address,
    customer_email: customer.email,
    customer_name: customer.name,
    customer_phone: customer.phone,
    customer_shipping: customer.shipping,
    customer_tax_exempt: customer.taxExempt,
    customer_tax_ids: customerTaxIds,
  };
}

function viewFirstLines(context: Context, invoice: Invoice, lines: readonly InvoiceLine[]) {
  const first = lines.slice(0, EMBEDDED_INVOICE_LINES).map((line) => viewLine(context, invoice, line));
  return listView(`/v1/invoices/${invoice.id}/lines`, first, lines.length > EMBEDDED_INVOICE_LINES);
}

/** The wire shape of a line. `quantity` can only tell whole units; `quantity_decimal` always tells all of it. */
export function viewLine(context: Context, invoice: Invoice, line: InvoiceLine) {
  return {
    id: line.id,
    object: 'line_item',
    amount: line.amount,
    currency: invoice.currency,
    description: line.description,
    discount_amounts: viewDiscountAmounts(line.discounts),
    discountable: line.discountable,
    discounts: invoice.discounts.filter((each) => each.itemId !== null && isOn(each, line)).map(({ id }) => id),
    invoice: invoice.id,
    livemode: context.account.livemode,
    metadata: line.metadata,
    parent: viewLineParent(line),
    period: { end: toUnix(line.period.end), start: toUnix(line.period.start) },
    pretax_credit_amounts: [],
    pricing: viewPricing(line),
    quantity: isInteger(line.quantity) ? toBigInt(line.quantity) : null,
    quantity_decimal: formatDecimal(line.quantity),
    subscription: line.subscriptionId,
    subtotal: line.amount,
    taxes: viewTaxes(line.taxes),
  };
}

function viewDiscountAmounts(discounts: readonly LineDiscount[]) {
  return discounts.map(({ id, amount }) => ({ amount, discount: id }));
}

/** What tax rates make of a line, or of all of them. */
export function viewTaxes(taxes: readonly InvoiceTax[]) {
  return taxes.map(({ id, amount, inclusive, taxableAmount, reason }) => ({
    amount,
    tax_behavior: inclusive ? 'inclusive' : 'exclusive',
    tax_rate_details: { tax_rate: id },
    taxability_reason: reason,
    taxable_amount: taxableAmount,
    type: 'tax_rate_details',
  }));
}

function viewLineParent(line: InvoiceLine) {
  const { invoiceItemId, proration, subscriptionId, subscriptionItemId } = line;
  const common = { proration, proration_details: viewProration(line), subscription: subscriptionId };
  if (subscriptionItemId === null) {
    return {
      invoice_item_details: { invoice_item: invoiceItemId, ...common },
      subscription_item_details: null,
      type: 'invoice_item_details',
    };
  }
  return {
    invoice_item_details: null,
    subscription_item_details: { invoice_item: invoiceItemId, ...common, subscription_item: subscriptionItemId },
    type: 'subscription_item_details',
  };
}

/** What a proration gives back of an earlier invoice. */
function viewProration({ creditedItems }: Pick<InvoiceLine, 'creditedItems'>) {
  if (creditedItems === null || 'invoiceItem' in creditedItems) return { credited_items: null };
  return { credited_items: { invoice: creditedItems.invoice, invoice_line_items: creditedItems.lineIds } };
}

/** What a line or an invoice item is priced by; without a price its own unit amount stands alone. */
export function viewPricing({
  priceId,
  productId,
  unitAmount,
}: Pick<InvoiceLine, 'priceId' | 'productId' | 'unitAmount'>) {
  return {
    ...(priceId === null ? {} : { price_details: { price: priceId, product: productId } }),
    type: 'price_details',
    unit_amount_decimal: formatDecimal(unitAmount),
  };
}

function isPreview(invoice: Invoice): boolean {
  return invoice.billingReason === 'upcoming';
}

function unixOrNull(instant: Temporal.Instant | null): number | null {
  return instant === null ? null : toUnix(instant);
}

export const invoiceExpandable: Expandable = {
  fields: {
    account_tax_ids: NOTHING,
    application: NOTHING,
    confirmation_secret: { include: includeSecret },
    customer: { id: 'customer' },
    default_payment_method: { id: 'payment_method' },
    default_source: NOTHING,
    discounts: { id: 'discount' },
    from_invoice: { hash: { invoice: NOTHING } },
    latest_revision: NOTHING,
    lines: { list: 'line_item' },
    on_behalf_of: NOTHING,
    parent: { hash: { subscription_details: { hash: { subscription: { id: 'subscription' } } } } },
    payments: { include: includePayments, list: 'invoice_payment' },
    test_clock: { id: 'test_helpers.test_clock' },
    total_discount_amounts: { hash: { discount: { id: 'discount' } } },
  },
  async load(context, ids) {
    const found = await findWholeInvoices(context, ids);
    return new Map(found.map((whole) => [whole.invoice.id, viewInvoice(context, whole)]));
  },
};

export const lineItemExpandable: Expandable = {
  fields: {
    discount_amounts: { hash: { discount: { id: 'discount' } } },
    discounts: { id: 'discount' },
    pricing: { hash: { price_details: { hash: { price: { id: 'price' } } } } },
    subscription: { id: 'subscription' },
  },
};
