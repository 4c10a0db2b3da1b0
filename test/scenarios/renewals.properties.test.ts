import * as fc from 'fast-check';
import { Stripe } from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, newClockShop, text, useAt } from '../support/clock-shop.ts';
import { naiveInvoices, type SentUsage } from '../support/naive-renewals.ts';
import { meteredPrice } from '../support/shop.ts';

/*
 * Any usage, sent at any time of a clock's flight in any hops, is billed as an auditor bills it who adds up event by event.
 * RENEWAL_RUNS=200 tries longer; fast-check prints the seed of what fails, and RENEWAL_SEED repeats it.
 */
const RUNS = Number(process.env['RENEWAL_RUNS'] ?? 8);
const SEED = process.env['RENEWAL_SEED'];

const DAY = 86_400;

/** A hop of the clock, and what is sent when it has arrived: how long ago it happened, and how much. */
const flight = fc.array(
  fc.record({
    hop: fc.oneof(
      fc.integer({ min: 1, max: 40 * DAY }),
      fc.constantFrom(1, 1_800, 3_599, 3_600, 3_601, 'boundary' as const, 'boundary' as const),
    ),
    usage: fc.array(
      fc.record({
        ago: fc.oneof(fc.integer({ min: 0, max: 35 * DAY }), fc.constantFrom(0, 1, 3_599, 3_600)),
        value: fc.integer({ min: -50, max: 500 }),
      }),
      { maxLength: 3 },
    ),
  }),
  { minLength: 3, maxLength: 9 },
);

const starts = fc.constantFrom(
  '2027-01-31T00:00:00Z',
  '2028-01-30T23:59:59Z',
  '2027-03-15T12:34:56Z',
  '2027-12-31T06:00:00Z',
);

test('usage is billed exactly once, by the period in which it happened, as an auditor adds it up', async () => {
  await fc.assert(
    fc.asyncProperty(starts, flight, async (start, legs) => {
      const { stripe, meter, clock, customer } = await newClockShop(start);
      // Three quarters of a cent a unit, so that amounts have to be rounded.
      const price = await meteredPrice(stripe, meter.id, { unit_amount_decimal: Stripe.Decimal.from('0.75') });
      const items = [{ price: price.id }];
      const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
      const sent: SentUsage[] = [];
      let now = clock.frozen_time;
      for (const { hop, usage } of legs) {
        const { items: current } = await stripe.subscriptions.retrieve(subscription.id);
        now = hop === 'boundary' ? current.data[0]!.current_period_end : now + hop;
        await advance(stripe, clock, now, 50 * DAY);
        for (const { ago, value } of usage) {
          await useAt(stripe, meter, customer.id, value, now - ago);
          sent.push({ at: now - ago, sentAt: now, value: BigInt(value) });
        }
      }
      const invoices = (await invoicesOf(stripe, customer.id)).filter(({ status }) => status !== 'draft');
      const billed = invoices.map(({ period_start: from, period_end: to, total }) => [text(from), text(to), total]);
      const expected = naiveInvoices(clock.frozen_time, now, 75n, sent);
      expect(billed).toEqual(expected.map(({ start: from, end: to, cents }) => [text(from), text(to), Number(cents)]));
    }),
    { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
  );
}, 120_000);
