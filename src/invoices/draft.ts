import { type Price, recurrenceOf } from '../catalog/price.ts';
import type { Product } from '../catalog/product.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import type { Customer } from '../customers/customer.ts';
import { type Decimal, ZERO } from '../money/decimal.ts';
import { describeLine, describeTrial } from '../rating/describe.ts';
import type { RatedLine } from '../rating/price.ts';
import { rateBeyond } from '../rating/beyond.ts';
import { prorate } from '../rating/proration.ts';
import { rate } from '../rating/rate.ts';
import { newId } from '../stripe/ids.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Period } from '../time/period.ts';
import { balanceIn } from './balance.ts';
import {
  type BillingReason,
  type CollectionMethod,
  type Invoice,
  type InvoiceLine,
  snapshotOf,
  type WholeInvoice,
} from './invoice.ts';
import { priceModel } from './price_model.ts';
import type { LineTaxRate } from './tax.ts';
import type { TaxFacts } from './tax_facts.sql.ts';
import { taxLines, type Totals, totalsOf } from './totals.ts';

/** What a subscription item owes for a period. */
export type Charge = {
  readonly subscriptionItemId: string;
  readonly price: Price;
  readonly product: Product;
  /** The item's own. */
  readonly taxRates: readonly LineTaxRate[];
  /** Licensed units or usage. Corrections may make usage negative: it is billed as 0. */
  readonly quantity: Decimal;
  readonly period: Period;
  /** Where `period` is a part of a longer one: that, of whose amounts the lines are shares. */
  readonly wholePeriod?: Period | null;
  /** Of usage: what threshold invoices have billed of it before. The lines bill the rest. */
  readonly billedSoFar?: Decimal | null;
  /**
   * True on a first invoice, where a metered item only announces itself: one line of zero, without the flat fee of its
   * first tier, since that fee belongs to a period and none has passed.
   */
  readonly announcesOnly: boolean;
  /** In a free trial: the billing mode in whose words it costs nothing. */
  readonly freeTrial?: InvoiceLine['freeTrial'];
};

/** Whom an invoice is for and how it is collected. */
export type Terms = {
  readonly customer: Customer;
  readonly subscriptionId: string | null;
  /** Null exactly where there is no subscription. */
  readonly subscriptionMetadata: Metadata | null;
  readonly billingReason: BillingReason;
  readonly collectionMethod: CollectionMethod;
  readonly daysUntilDue: number | null;
  readonly paymentMethodTypes: readonly string[] | null;
  /** What the invoices of its subscription show in the place of what the customer has. */
  readonly shown?: Pick<Invoice, 'customFields' | 'description' | 'footer'>;
  readonly currency: string;
  readonly period: Period;
  readonly defaultTaxRates: readonly TaxRate[];
  readonly taxFacts: TaxFacts;
  readonly createdAt: Temporal.Instant;
  /** A draft stays open to late usage so long; then it is finalized, and a preview tells the same time. */
  readonly draftHours: number;
};

/** A computed invoice that nobody has issued: it has no ids yet. */
export type InvoiceDraft = {
  readonly invoice: Omit<Invoice, 'id'>;
  readonly lines: readonly Omit<InvoiceLine, 'id'>[];
};

/**
 * Computes an invoice: terms and charges in, header and lines out, in the order of the charges. Pure; a preview stops
 * here, and an issued invoice is the same draft stored.
 */
export function draftInvoice(terms: Terms, charges: readonly Charge[]): InvoiceDraft {
  const { currency, customer, defaultTaxRates, taxFacts } = terms;
  const taxing = { customer, defaultTaxRates, taxRounding: taxFacts.rounding };
  const rated = charges.flatMap((charge) => rateCharge(terms, charge));
  const lines = taxLines(rated, taxing);
  const totals = totalsOf(lines, { startingBalance: balanceIn(customer, currency), discounts: [], ...taxing });
  return { invoice: headerOf(terms, totals), lines };
}

/** Gives a draft the ids of an invoice that will be stored as one. */
export function asInvoice({ invoice, lines }: InvoiceDraft): WholeInvoice {
  return {
    invoice: { ...invoice, id: newId('invoice') },
    lines: lines.map((line) => ({ ...line, id: newId('invoiceLine') })),
  };
}

/** Gives a draft the ids of a preview, which tell it from every invoice. */
export function asPreview({ invoice, lines }: InvoiceDraft): WholeInvoice {
  return {
    invoice: { ...invoice, id: newId('previewInvoice') },
    lines: lines.map((line) => ({ ...line, id: newId('previewLine') })),
  };
}

function headerOf(terms: Terms, totals: Totals): InvoiceDraft['invoice'] {
  const { customer, collectionMethod, daysUntilDue, createdAt } = terms;
  const isPreview = terms.billingReason === 'upcoming';
  const finalizesAt = createdAt.add({ hours: terms.draftHours });
  return {
    customerId: customer.id,
    subscriptionId: terms.subscriptionId,
    status: 'draft',
    billingReason: terms.billingReason,
    thresholdReason: null,
    collectionMethod,
    currency: terms.currency,
    number: null,
    numberIsCounted: false,
    defaultTaxRates: terms.defaultTaxRates,
    taxRounding: terms.taxFacts.rounding,
    ...totals,
    endingBalance: null,
    amountPaid: 0n,
    amountPaidOffStripe: 0n,
    prePaymentCredit: 0n,
    postPaymentCredit: 0n,
    autoAdvance: true,
    attempted: false,
    attemptCount: 0,
    defaultPaymentMethodId: null,
    paymentMethodTypes: terms.paymentMethodTypes,
    period: terms.period,
    // Stripe counts the days "from when the invoice is created", so a draft has its due date already.
    dueAt: daysUntilDue === null ? null : createdAt.add({ hours: 24 * daysUntilDue }),
    effectiveAt: null,
    automaticallyFinalizesAt: isPreview ? null : finalizesAt,
    nextPaymentAttemptAt: collectionMethod === 'charge_automatically' ? finalizesAt : null,
    lastFinalizationError: null,
    finalizedAt: null,
    paidAt: null,
    markedUncollectibleAt: null,
    uncollectibleReason: null,
    prorationAt: null,
    voidedAt: null,
    isOfPendingUpdate: false,
    customer: snapshotOf(customer),
    customerTaxIds: terms.taxFacts.customerTaxIds,
    subscriptionMetadata: terms.subscriptionMetadata,
    description: terms.shown?.description ?? null,
    customFields: terms.shown?.customFields ?? customer.invoiceCustomFields,
    footer: terms.shown?.footer ?? customer.invoiceFooter,
    metadata: {},
    testClockId: customer.testClockId,
    createdAt,
  };
}

/** The lines of a charge, in the currency and for the subscription of its invoice. */
export function rateCharge(
  terms: Pick<Terms, 'currency' | 'subscriptionId' | 'subscriptionMetadata'>,
  charge: Charge,
): InvoiceDraft['lines'] {
  if (charge.freeTrial != null) return [trialLine(terms, charge, charge.freeTrial)];
  const { price, product, period } = charge;
  const model = priceModel(price, terms.currency);
  const describe = (line: RatedLine) =>
    describeLine({
      line,
      model,
      productName: product.name,
      unitLabel: product.unitLabel,
      currency: terms.currency,
      recurrence: recurrenceOf(price),
    });
  const { wholePeriod = null, billedSoFar = null } = charge;
  const shareOf = (amount: bigint) => (wholePeriod === null ? amount : prorate(amount, wholePeriod, period));
  const rated = (
    billedSoFar === null ? rate(model, charge.quantity) : rateBeyond(model, charge.quantity, billedSoFar)
  ).map((line) => ({ ...line, amount: shareOf(line.amount) }));
  return (charge.announcesOnly ? rated.slice(0, 1) : rated).map((line) =>
    chargedLine(terms, charge, { ...line, description: describe(line), billedBefore: null }),
  );
}

/** A line that counts and costs nothing, whatever the price. */
function trialLine(
  terms: Pick<Terms, 'subscriptionId' | 'subscriptionMetadata'>,
  charge: Charge,
  mode: 'classic' | 'flexible',
): Omit<InvoiceLine, 'id'> {
  const { price, product } = charge;
  const quantity = charge.quantity.lt(ZERO) ? ZERO : charge.quantity;
  const isMetered = price.recurring?.usageType === 'metered';
  const words = { mode, isMetered, quantity, productName: product.name, unitLabel: product.unitLabel };
  const line = { amount: 0n, quantity, unitAmount: ZERO, description: describeTrial(words), billedBefore: null };
  return { ...chargedLine(terms, charge, line), freeTrial: mode };
}

/** What a line of a charge says and costs. */
type Charged = Pick<InvoiceLine, 'amount' | 'quantity' | 'unitAmount' | 'description' | 'billedBefore'>;

/** A line of a subscription item, in the currency and for the subscription of its invoice. */
export function chargedLine(
  terms: Pick<Terms, 'subscriptionId' | 'subscriptionMetadata'>,
  charge: Omit<Charge, 'quantity' | 'announcesOnly'>,
  { amount, quantity, unitAmount, description, billedBefore }: Charged,
): Omit<InvoiceLine, 'id'> {
  const { subscriptionItemId, price, period, wholePeriod = null, billedSoFar = null, taxRates } = charge;
  return {
    subscriptionId: terms.subscriptionId,
    subscriptionItemId,
    invoiceItemId: null,
    proration: wholePeriod !== null,
    wholePeriod,
    billedSoFar,
    creditedItems: null,
    proratedOf: null,
    freeTrial: null,
    priceId: price.id,
    productId: price.productId,
    description,
    amount,
    quantity,
    billedBefore,
    unitAmount,
    period,
    discountable: true,
    discounts: [],
    taxRates,
    taxes: [],
    amountExcludingTax: amount,
    metadata: terms.subscriptionMetadata ?? {},
    hasOwnMetadata: false,
  };
}
