import { describe, expect, test } from 'vitest';
import { madeLicensedPrice, madeMeteredPrice, madeSubscription } from '../../test/support/made.ts';
import type { Price } from '../catalog/price.ts';
import { decimal, ZERO } from '../money/decimal.ts';
import { settlePeriods } from './settle_periods.ts';
import type { Subscription } from './subscription.ts';

const at = (text: string) => Temporal.Instant.from(text);
const ANCHOR = at('2026-01-31T00:00:00Z');
const FEBRUARY = { start: ANCHOR, end: at('2026-02-28T00:00:00Z') };
const NOW = at('2026-02-10T12:00:00Z');

const month = madeLicensedPrice({ id: 'price_month' }, [1, 'month']);
const year = madeLicensedPrice({ id: 'price_year' }, [1, 'year']);
const free = madeLicensedPrice({ id: 'price_free', unitAmount: ZERO }, [1, 'month']);
const usage = madeMeteredPrice({ id: 'price_usage' });

function subscribed(prices: readonly Price[], details: Partial<Subscription> = {}): Subscription {
  const made = madeSubscription(prices, { billingCycleAnchor: ANCHOR, ...details });
  return { ...made, items: made.items.map((item) => ({ ...item, currentPeriod: FEBRUARY })) };
}

/** The first item at another price. */
function withPrice(subscription: Subscription, price: Price): Subscription {
  const quantity = price.recurring?.usageType === 'metered' ? null : 1n;
  return { ...subscription, items: subscription.items.map((item) => ({ ...item, price, quantity })) };
}

function settle(before: Subscription, wanted: Subscription, anchor: 'now' | 'unchanged' = 'unchanged') {
  const { after, isReset } = settlePeriods(before, wanted, { now: NOW, at: NOW }, anchor);
  const [item] = after.items;
  const told = [item?.currentPeriod.start, item?.currentPeriod.end, after.billingCycleAnchor].map(String);
  return { after, isReset, told };
}

const KEPT = ['2026-01-31T00:00:00Z', '2026-02-28T00:00:00Z', '2026-01-31T00:00:00Z'];
const NEW_MONTH = ['2026-02-10T12:00:00Z', '2026-03-10T12:00:00Z', '2026-02-10T12:00:00Z'];
const NEW_YEAR = ['2026-02-10T12:00:00Z', '2027-02-10T12:00:00Z', '2026-02-10T12:00:00Z'];
const OLD_YEAR = ['2026-01-31T00:00:00Z', '2027-01-31T00:00:00Z', '2026-01-31T00:00:00Z'];

describe('the periods of a changed subscription', () => {
  test.each<[name: string, mode: 'classic' | 'flexible', from: Price, to: Price, told: string[]]>([
    ['stay with the same interval', 'flexible', month, free, KEPT],
    ['stay with the same interval', 'classic', month, free, KEPT],
    ['start anew with another interval', 'classic', month, year, NEW_YEAR],
    ['are those of the anchor with another interval', 'flexible', month, year, OLD_YEAR],
    ['start anew where what was free is paid', 'classic', free, month, NEW_MONTH],
    ['stay where what was free is paid', 'flexible', free, month, KEPT],
    ['stay where usage was paid, though nothing in advance', 'classic', usage, month, KEPT],
  ])('%s (%s)', (_name, billingMode, from, to, told) => {
    const before = subscribed([from], { billingMode });
    const settled = settle(before, withPrice(before, to));
    expect(settled.told).toEqual(told);
    expect(settled.isReset).toBe(told[2] !== KEPT[2]);
  });

  test.each(['classic', 'flexible'] as const)('start anew where that is asked for, %s', (billingMode) => {
    const before = subscribed([month], { billingMode });
    expect(settle(before, before, 'now').told).toEqual(NEW_MONTH);
  });

  test.each(['trialing', 'paused'] as const)('stay while nothing is billed: %s', (status) => {
    const before = subscribed([month], { billingMode: 'classic', status });
    expect(settle(before, withPrice(before, year)).told).toEqual(KEPT);
  });

  test('end with the subscription', () => {
    const before = subscribed([month], { cancelAt: at('2026-06-01T00:00:00Z') });
    expect(settle(before, withPrice(before, year)).told[1]).toBe('2026-06-01T00:00:00Z');
  });

  test('are the very same where nothing changes', () => {
    const before = subscribed([month, usage]);
    expect(settlePeriods(before, before, { now: NOW, at: NOW }, 'unchanged').after).toBe(before);
  });
});

describe('the usage of an item', () => {
  const BILLED = { billedUsage: decimal(5), usageStartAt: at('2026-02-01T00:00:00Z') };

  test.each<[name: string, to: Price, anchor: 'now' | 'unchanged', start: string | null, billed: string]>([
    ['counts on where the price stays', usage, 'unchanged', '2026-02-01T00:00:00Z', '5'],
    ['counts from the change on at another price', { ...usage, id: 'price_other' }, 'unchanged', NOW.toString(), '0'],
    ['counts from the start of a new period', usage, 'now', null, '0'],
    ['is none of a licensed price', month, 'unchanged', null, '0'],
  ])('%s', (_name, to, anchor, start, billed) => {
    const made = subscribed([usage]);
    const before = { ...made, items: made.items.map((item) => ({ ...item, ...BILLED })) };
    const wanted = to.id === usage.id ? before : withPrice(before, to);
    const [item] = settle(before, wanted, anchor).after.items;
    expect([item?.usageStartAt?.toString() ?? null, String(item?.billedUsage)]).toEqual([start, billed]);
  });
});
