import { snapshotOf, type Invoice, type InvoiceLine } from '../../src/invoices/invoice.ts';
import { decimal } from '../../src/money/decimal.ts';
import { madeCustomer } from './made.ts';

const FINAL = Temporal.Instant.from('2026-11-25T10:00:00Z');
const PERIOD = { start: FINAL, end: Temporal.Instant.from('2026-12-25T10:00:00Z') };

/** An open invoice over 60 USD that is due on December 9, 2026. */
export function madeInvoice(details: Partial<Invoice> = {}): Invoice {
  return {
    id: 'in_1',
    customerId: 'cus_1',
    subscriptionId: 'sub_1',
    status: 'open',
    billingReason: 'subscription_create',
    thresholdReason: null,
    collectionMethod: 'send_invoice',
    currency: 'usd',
    number: 'ABCD1234-0001',
    subtotal: 6000n,
    subtotalExcludingTax: 6000n,
    totalExcludingTax: 6000n,
    total: 6000n,
    discounts: [],
    defaultTaxRates: [],
    taxRounding: 'line',
    taxes: [],
    customerTaxIds: [],
    startingBalance: 0n,
    endingBalance: 0n,
    amountDue: 6000n,
    amountPaid: 0n,
    autoAdvance: true,
    attempted: false,
    attemptCount: 0,
    defaultPaymentMethodId: null,
    paymentMethodTypes: null,
    period: { start: FINAL, end: FINAL },
    dueAt: Temporal.Instant.from('2026-12-09T10:00:00Z'),
    automaticallyFinalizesAt: null,
    nextPaymentAttemptAt: null,
    finalizedAt: FINAL,
    paidAt: null,
    customer: snapshotOf(madeCustomer()),
    subscriptionMetadata: {},
    numberIsCounted: true,
    markedUncollectibleAt: null,
    uncollectibleReason: null,
    voidedAt: null,
    testClockId: null,
    description: null,
    effectiveAt: null,
    amountPaidOffStripe: 0n,
    prePaymentCredit: 0n,
    postPaymentCredit: 0n,
    customFields: null,
    footer: null,
    metadata: {},
    createdAt: FINAL,
    ...details,
  };
}

/** Three seats of 20 USD from November 25 on. */
export function madeLine(details: Partial<InvoiceLine> = {}): InvoiceLine {
  return {
    id: 'il_1',
    subscriptionId: 'sub_1',
    subscriptionItemId: 'si_1',
    priceId: 'price_1',
    productId: 'prod_1',
    description: '3 × Seats (at $20.00 / month)',
    amount: 6000n,
    quantity: decimal(3),
    billedBefore: null,
    unitAmount: decimal(2000),
    period: PERIOD,
    invoiceItemId: null,
    proration: false,
    wholePeriod: null,
    billedSoFar: null,
    creditedItems: null,
    proratedOf: null,
    freeTrial: null,
    discounts: [],
    taxRates: [],
    taxes: [],
    amountExcludingTax: 6000n,
    discountable: true,
    hasOwnMetadata: false,
    metadata: {},
    ...details,
  };
}
