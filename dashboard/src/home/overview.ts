import { useGet } from '../api/hooks.ts';
import type { List } from '../api/client.ts';
import { useClock } from '../clocks/use_clock.ts';

export type Sum = { readonly amount: number; readonly count: number; readonly currency: string };

/** An account, or what is on one of its clocks, at a glance. */
export type Overview = {
  readonly invoices: Readonly<Record<'draft' | 'open' | 'past_due' | 'payment_failed' | 'uncollectible', Sum[]>>;
  readonly metered_item_count: number;
  readonly recurring: readonly {
    readonly amount: number;
    readonly currency: string;
    readonly interval: string;
    readonly interval_count: number;
  }[];
  readonly subscriptions: Readonly<Record<string, number>>;
  /** What time it is there. */
  readonly time: number;
};

export function useOverview() {
  return useGet<Overview>('/v1/usance/overview', useClock().params);
}

/** What was invoiced and paid in a day or month, in smallest units. */
export type InvoiceTotal = {
  readonly currency: string;
  readonly start_time: number;
  readonly invoiced: number;
  readonly invoiced_count: number;
  readonly paid: number;
  readonly paid_count: number;
};

const DAY = 86_400;

/** How far back one looks, and by what steps. */
export const RANGES = {
  '30d': { label: '30 days', interval: 'day', count: 30 },
  '90d': { label: '90 days', interval: 'day', count: 90 },
  '12m': { label: '12 months', interval: 'month', count: 12 },
} as const;

export type Range = keyof typeof RANGES;

export function isRange(text: string | null): text is Range {
  return text !== null && Object.hasOwn(RANGES, text);
}

/** The starts of the steps of a range that ends with the one in which `now` is, and where the last one ends. */
export function stepsOf(range: Range, now: number): { readonly starts: readonly number[]; readonly end: number } {
  const { interval, count } = RANGES[range];
  const at = new Date(now * 1000);
  const startOf = (place: number) =>
    interval === 'month'
      ? Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + place, 1) / 1000
      : (Math.floor(now / DAY) + place) * DAY;
  return { starts: Array.from({ length: count }, (_, place) => startOf(place - count + 1)), end: startOf(1) };
}

export function useTotals(range: Range, now: number | undefined) {
  const { starts, end } = stepsOf(range, now ?? 0);
  const asked = { start_time: starts[0], end_time: end, interval: RANGES[range].interval, ...useClock().params };
  return useGet<List<InvoiceTotal>>('/v1/usance/invoice_totals', asked, { enabled: now !== undefined });
}
