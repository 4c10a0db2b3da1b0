import { describe, expect, test } from 'vitest';
import {
  madeCustomer,
  madeLicensedPrice,
  madeMeteredPrice,
  madePrice,
  madeProduct,
  madeSubscription,
} from '../../test/support/made.ts';
import type { Price, PriceTier } from '../catalog/price.ts';
import type { Product } from '../catalog/product.ts';
import type { InvoiceDraft } from '../invoices/draft.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { itemsEndingNext } from '../subscriptions/periods.ts';
import { firstInvoice, upcomingInvoice } from './charges.ts';

const at = (text: string) => Temporal.Instant.from(text);

function factsOf(subscription: Subscription, product: Product = madeProduct()) {
  const taxFacts = { rounding: 'line' as const, customerTaxIds: [] };
  const products = new Map([[product.id, product]]);
  return { customer: madeCustomer(), subscription, products, taxFacts, draftHours: 1 };
}

/** The upcoming invoice after the same usage of every metered item. */
function upcoming(subscription: Subscription, usage: string, product?: Product): InvoiceDraft {
  const metered = subscription.items.filter((item) => item.quantity === null);
  return upcomingInvoice(factsOf(subscription, product), new Map(metered.map((item) => [item.id, decimal(usage)])));
}

const tier = (upTo: bigint | null, unit: string | null, flat: string | null = null): PriceTier => ({
  upTo,
  unitAmount: unit === null ? null : decimal(unit),
  flatAmount: flat === null ? null : decimal(flat),
});

function tieredPrice(tiersMode: 'graduated' | 'volume', ...tiers: PriceTier[]): Price {
  return madeMeteredPrice({ billingScheme: 'tiered', unitAmount: null, tiersMode, tiers });
}

const packagePrice = madeMeteredPrice({ transform: { divideBy: 100n, round: 'up' } });

/** Lines as a customer reads them. */
const read = ({ lines }: InvoiceDraft) =>
  lines.map((line) => [line.description, formatDecimal(line.quantity), line.amount]);

/** Instants and amounts as text: partial comparison takes any two instants for equal. */
const inText = ({ invoice }: InvoiceDraft): unknown =>
  JSON.parse(JSON.stringify(invoice, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));

describe("the guide's price, 4 cents for each 100 tokens begun", () => {
  test.each([
    ['0', 0n],
    ['25', 4n],
    ['3000', 120n],
    ['3001', 124n],
    ['3025', 124n],
    ['-500', 0n],
    ['0.5', 4n],
  ])('bills %s tokens with %s cents', (usage, total) => {
    const draft = upcoming(madeSubscription([packagePrice]), usage);
    const shown = usage === '-500' ? '0' : usage;
    expect(draft.invoice).toMatchObject({ subtotal: total, total, amountDue: total, amountPaid: 0n });
    expect(read(draft)).toEqual([[`${shown} × Alpaca AI (at $0.04 per 100 units / month)`, shown, total]]);
  });
});

describe('lines', () => {
  test('of a graduated price with flat fees: usage and fee of each tier entered, in tier order', () => {
    const price = tieredPrice('graduated', tier(1000n, null, '900'), tier(null, '3.6'));
    expect(read(upcoming(madeSubscription([price]), '1031', madeProduct({ unitLabel: 'credit' })))).toEqual([
      ['1000 credit × Alpaca AI (Tier 1 at $0.00 / month)', '1000', 0n],
      ['Alpaca AI (Tier 1 at $9.00 / month)', '0', 900n],
      ['31 credit × Alpaca AI (Tier 2 at $0.036 / month)', '31', 112n],
      ['Alpaca AI (Tier 2 at $0.00 / month)', '0', 0n],
    ]);
  });

  test('of a volume price with flat fees: the tier that applies', () => {
    const price = tieredPrice('volume', tier(5n, '500', '1000'), tier(10n, '400', '2000'), tier(null, '300', '3000'));
    expect(read(upcoming(madeSubscription([price]), '12'))).toEqual([
      ['12 × Alpaca AI (Tier 3 at $3.00 / month)', '12', 3600n],
      ['Alpaca AI (Tier 3 at $30.00 / month)', '0', 3000n],
    ]);
  });

  test('of decimal usage and a price of less than a cent are rounded once each', () => {
    const draft = upcoming(madeSubscription([madeMeteredPrice({ unitAmount: decimal('0.05') })]), '30.5');
    expect(read(draft)).toEqual([['30.5 × Alpaca AI (at $0.0005 / month)', '30.5', 2n]]);
  });

  test('in a currency without decimals, from an option of the price', () => {
    const yen = { unitAmount: decimal('0.5'), tiers: null, taxBehavior: 'unspecified' } as const;
    const price = madeMeteredPrice({ currencyOptions: new Map([['jpy', yen]]) });
    const draft = upcoming(madeSubscription([price], { currency: 'jpy' }), '301');
    expect(draft.invoice).toMatchObject({ currency: 'jpy', total: 151n });
    expect(read(draft)).toEqual([['301 × Alpaca AI (at ¥0.5 / month)', '301', 151n]]);
  });

  test('stand newest item first, and carry the metadata of the subscription', () => {
    const subscription = madeSubscription([packagePrice, madePrice()], { metadata: { a: '1' } });
    const { invoice, lines } = upcoming(subscription, '25');
    expect(lines.map((line) => line.subscriptionItemId)).toEqual([
      subscription.items[1]!.id,
      subscription.items[0]!.id,
    ]);
    expect(lines.map((line) => line.metadata)).toEqual([{ a: '1' }, { a: '1' }]);
    expect(invoice).toMatchObject({ subscriptionMetadata: { a: '1' }, metadata: {} });
  });
});

describe('the upcoming invoice', () => {
  const start = at('2026-01-31T10:00:00Z');

  test('bills usage of the period that ends and licensed units of the one that follows', () => {
    const subscription = madeSubscription([packagePrice, madePrice()], { startedAt: start });
    const draft = upcoming(subscription, '3000');
    const [february, march] = [at('2026-02-28T10:00:00Z'), at('2026-03-31T10:00:00Z')];
    expect(draft.lines.map((line) => line.period)).toEqual([
      { start: february, end: march },
      { start, end: february },
    ]);
    expect(inText(draft)).toMatchObject({
      billingReason: 'upcoming',
      status: 'draft',
      number: null,
      total: '2120',
      period: { start: '2026-01-31T10:00:00Z', end: '2026-02-28T10:00:00Z' },
      createdAt: '2026-02-28T10:00:00Z',
      nextPaymentAttemptAt: '2026-02-28T11:00:00Z',
      automaticallyFinalizesAt: null,
      dueAt: null,
    });
  });

  test('is due so many days after it will be made, where invoices are sent', () => {
    const terms = { collectionMethod: 'send_invoice', daysUntilDue: 14, startedAt: start } as const;
    const draft = upcoming(madeSubscription([madePrice()], terms), '0');
    expect(inText(draft)).toMatchObject({ dueAt: '2026-03-14T10:00:00Z', nextPaymentAttemptAt: null });
  });

  test('leaves out what ends later', () => {
    const yearly = madeMeteredPrice({}, [1, 'year']);
    const subscription = madeSubscription([packagePrice, yearly, madeLicensedPrice({}, [1, 'year'])]);
    expect(itemsEndingNext(subscription)).toEqual([subscription.items[0]]);
    expect(read(upcoming(subscription, '3000'))).toEqual([
      ['3000 × Alpaca AI (at $0.04 per 100 units / month)', '3000', 120n],
    ]);
  });

  test('has all items when a month and the year end together', () => {
    const december = { start: at('2026-12-01T00:00:00Z'), end: at('2027-01-01T00:00:00Z') };
    const made = madeSubscription([packagePrice, madeLicensedPrice({}, [1, 'year'])]);
    const items = made.items.map((item, index) =>
      index === 0 ? Object.assign(item, { currentPeriod: december }) : item,
    );
    const { invoice, lines } = upcoming({ ...made, items }, '25');
    expect(lines.map((line) => [line.amount, line.period.end.toString()])).toEqual([
      [2000n, '2028-01-01T00:00:00Z'],
      [4n, '2027-01-01T00:00:00Z'],
    ]);
    // As a whole it looks back to the latest start of an item.
    expect(invoice.period).toEqual(december);
  });
});

describe('the first invoice', () => {
  const graduated = tieredPrice('graduated', tier(10n, '25', '500'), tier(null, '10'));

  test('does not exist on a flexible subscription to usage', () => {
    expect(firstInvoice(factsOf(madeSubscription([packagePrice, graduated])))).toBeUndefined();
  });

  test('has a line of zero for each metered item of a classic one, without the fee of a first tier', () => {
    const draft = firstInvoice(factsOf(madeSubscription([packagePrice, graduated], { billingMode: 'classic' })))!;
    expect(read(draft)).toEqual([
      ['0 × Alpaca AI (Tier 1 at $0.25 / month)', '0', 0n],
      ['0 × Alpaca AI (at $0.04 per 100 units / month)', '0', 0n],
    ]);
    const start = at('2026-01-01T00:00:00Z');
    expect(draft.lines.map((line) => line.period)).toEqual([
      { start, end: start },
      { start, end: start },
    ]);
    expect(inText(draft)).toMatchObject({
      billingReason: 'subscription_create',
      createdAt: '2026-01-01T00:00:00Z',
      period: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:00:00Z' },
      total: '0',
      automaticallyFinalizesAt: '2026-01-01T01:00:00Z',
    });
  });

  test('bills licensed units of the period that begins', () => {
    const terms = { collectionMethod: 'send_invoice', daysUntilDue: 30 } as const;
    const subscription = madeSubscription([packagePrice, madePrice()], terms);
    const draft = firstInvoice(factsOf(subscription))!;
    expect(read(draft)).toEqual([['1 × Alpaca AI (at $20.00 / month)', '1', 2000n]]);
    expect(draft.lines[0]!.period).toEqual({ start: at('2026-01-01T00:00:00Z'), end: at('2026-02-01T00:00:00Z') });
    expect(inText(draft)).toMatchObject({ dueAt: '2026-01-31T00:00:00Z', nextPaymentAttemptAt: null });
  });
});
