import type { Coupon } from '../../src/catalog/coupon.ts';
import { type Price, recurrenceOf } from '../../src/catalog/price.ts';
import type { TaxRate } from '../../src/catalog/tax_rate.ts';
import type { Product } from '../../src/catalog/product.ts';
import type { PromotionCode } from '../../src/catalog/promotion_code.ts';
import type { Customer } from '../../src/customers/customer.ts';
import { decimal } from '../../src/money/decimal.ts';
import {
  PLAIN_ITEM,
  PLAIN_SUBSCRIPTION,
  type Subscription,
  type SubscriptionItem,
} from '../../src/subscriptions/subscription.ts';
import { type Interval, periodContaining } from '../../src/time/period.ts';

/** Domain objects for tests of pure rules, plain unless told otherwise. */

const EPOCH = Temporal.Instant.from('2026-01-01T00:00:00Z');

let count = 0;

function nextId(prefix: string): string {
  count += 1;
  return `${prefix}_${String(count).padStart(6, '0')}`;
}

/** 20 USD a month for a licensed unit. */
export function madePrice(terms: Partial<Price> = {}): Price {
  return {
    id: nextId('price'),
    productId: 'prod_1',
    active: true,
    currency: 'usd',
    nickname: null,
    lookupKey: null,
    metadata: {},
    createdAt: EPOCH,
    billingScheme: 'per_unit',
    unitAmount: decimal(2000),
    tiers: null,
    taxBehavior: 'unspecified',
    tiersMode: null,
    transform: null,
    currencyOptions: new Map(),
    recurring: { interval: 'month', intervalCount: 1, usageType: 'licensed', meterId: null },
    dimensionFilter: {},
    ...terms,
  };
}

/** 0.04 USD a month for a unit of usage. */
export function madeMeteredPrice(terms: Partial<Price> = {}, every: [number, Interval] = [1, 'month']): Price {
  const [intervalCount, interval] = every;
  const recurring = { interval, intervalCount, usageType: 'metered', meterId: 'mtr_1' } as const;
  return madePrice({ unitAmount: decimal(4), recurring, ...terms });
}

export function madeLicensedPrice(terms: Partial<Price>, every: [number, Interval]): Price {
  const [intervalCount, interval] = every;
  return madePrice({ recurring: { interval, intervalCount, usageType: 'licensed', meterId: null }, ...terms });
}

export function madeProduct(details: Partial<Product> = {}): Product {
  return {
    id: 'prod_1',
    name: 'Alpaca AI',
    active: true,
    description: null,
    unitLabel: null,
    statementDescriptor: null,
    url: null,
    shippable: null,
    images: [],
    marketingFeatures: [],
    packageDimensions: null,
    defaultPriceId: null,
    metadata: {},
    createdAt: EPOCH,
    updatedAt: EPOCH,
    ...details,
  };
}

export function madeCustomer(details: Partial<Customer> = {}): Customer {
  return {
    id: 'cus_1',
    name: 'John Doe',
    email: 'john@example.com',
    description: null,
    phone: null,
    businessName: null,
    individualName: null,
    address: null,
    shipping: null,
    taxExempt: 'none',
    preferredLocales: [],
    invoicePrefix: 'ABCD1234',
    nextInvoiceSequence: 1n,
    invoiceFooter: null,
    invoiceCustomFields: null,
    currency: null,
    defaultPaymentMethodId: null,
    balance: 0n,
    delinquent: false,
    metadata: {},
    testClockId: null,
    createdAt: EPOCH,
    deletedAt: null,
    ...details,
  };
}

/** 10 % off, once, for everybody. */
export function madeCoupon(details: Partial<Coupon> = {}): Coupon {
  return {
    key: 1n,
    id: 'TEN',
    name: null,
    percentOff: decimal(10),
    amountOff: null,
    currency: null,
    currencyOptions: new Map(),
    productIds: null,
    duration: 'once',
    durationInMonths: null,
    maxRedemptions: null,
    redeemByAt: null,
    timesRedeemed: 0n,
    metadata: {},
    createdAt: EPOCH,
    deletedAt: null,
    ...details,
  };
}

/** A code for everybody, without limits. */
export function madePromotionCode(details: Partial<PromotionCode> = {}): PromotionCode {
  return {
    id: 'promo_1',
    coupon: madeCoupon(),
    code: 'SPRING',
    active: true,
    customerId: null,
    maxRedemptions: null,
    expiresAt: null,
    timesRedeemed: 0n,
    restrictions: {
      firstTimeTransaction: false,
      minimumAmount: null,
      minimumAmountCurrency: null,
      currencyOptions: new Map(),
    },
    metadata: {},
    createdAt: EPOCH,
    ...details,
  };
}

/** 20 % on top. */
export function madeTaxRate(details: Partial<TaxRate> = {}): TaxRate {
  return {
    id: 'txr_1',
    displayName: 'VAT',
    percentage: decimal(20),
    inclusive: false,
    active: true,
    country: null,
    state: null,
    jurisdiction: null,
    description: null,
    taxType: null,
    metadata: {},
    createdAt: EPOCH,
    ...details,
  };
}

/** A subscription to these prices, a unit of each licensed one, in the period from its start. */
export function madeSubscription(prices: readonly Price[], details: Partial<Subscription> = {}): Subscription {
  const start = details.startedAt ?? EPOCH;
  return {
    ...PLAIN_SUBSCRIPTION,
    id: 'sub_1',
    customerId: 'cus_1',
    status: 'active',
    billingMode: 'flexible',
    collectionMethod: 'charge_automatically',
    daysUntilDue: null,
    defaultPaymentMethodId: null,
    paymentMethodTypes: null,
    saveDefaultPaymentMethod: 'off',
    currency: 'usd',
    description: null,
    discountIds: [],
    defaultTaxRates: [],
    metadata: {},
    billingCycleAnchor: start,
    startedAt: start,
    testClockId: null,
    createdAt: start,
    items: prices.map((price) => madeItem(price, start)),
    ...details,
  };
}

function madeItem(price: Price, anchor: Temporal.Instant): SubscriptionItem {
  return {
    ...PLAIN_ITEM,
    id: nextId('si'),
    subscriptionId: 'sub_1',
    price,
    quantity: price.recurring?.usageType === 'metered' ? null : 1n,
    taxRates: [],
    metadata: {},
    currentPeriod: periodContaining(anchor, recurrenceOf(price)!, anchor),
    createdAt: anchor,
  };
}
