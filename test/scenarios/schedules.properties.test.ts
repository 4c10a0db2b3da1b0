import * as fc from 'fast-check';
import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, useAt } from '../support/clock-shop.ts';
import { callPrices, newPlanner, type Planner, useAudit } from '../support/scheduled.ts';
import { licensedPrice, plain, refusal } from '../support/shop.ts';

/*
 * Whatever is planned, the preview of it shows the next invoice that comes of it, to the cent and the second: of a schedule that
 * nobody has made, of one that waits, and of one on its way; and the auditor agrees with all of it. SCHEDULE_RUNS=50 tries
 * longer; SCHEDULE_SEED repeats what fails.
 */
const RUNS = Number(process.env['SCHEDULE_RUNS'] ?? 2);
const SEED = process.env['SCHEDULE_SEED'];
const HOP = 13 * 86_400 + 4567;
const MONTH = { interval: 'month' } as const;

const phase = fc.record({
  plans: fc.subarray(['small', 'large', 'own', 'ten', 'seven'] as const, { minLength: 1, maxLength: 3 }),
  quantity: fc.integer({ min: 0, max: 4 }),
  /** Days that it lasts; 0: a month. */
  days: fc.constantFrom(0, 0, 0, 17),
  /** How much of it is a trial. */
  trial: fc.constantFrom('none', 'none', 'none', 'part', 'all'),
  isCharged: fc.boolean(),
  discount: fc.constantFrom('none', 'none', 'half', 'once'),
  behavior: fc.constantFrom('always_invoice', 'create_prorations', 'none'),
  anchor: fc.constantFrom('automatic', 'automatic', 'phase_start'),
});

const plan = fc.record({
  phases: fc.array(phase, { minLength: 1, maxLength: 3 }),
  /** Days until it begins. */
  wait: fc.constantFrom(0, 20),
  end: fc.constantFrom('cancel', 'release'),
});

type Phase = typeof phase extends fc.Arbitrary<infer T> ? T : never;
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** Tried first: seats, usage and a charge, then another plan within the month, then a discount. */
const EXAMPLE: Plan = {
  phases: [
    phaseOf({ plans: ['small', 'ten'], isCharged: true, days: 17 }),
    phaseOf({ plans: ['large', 'ten'], quantity: 1 }),
    phaseOf({ plans: ['own', 'seven'], discount: 'half' }),
  ],
  wait: 20,
  end: 'release',
};

function phaseOf(terms: Partial<Phase>): Phase {
  const usual = { days: 0, trial: 'none', isCharged: false, discount: 'none', anchor: 'automatic' } as const;
  return { ...usual, plans: ['small'], quantity: 2, behavior: 'create_prorations', ...terms };
}

async function newCatalog(planner: Planner) {
  const { stripe, plan: monthly } = planner;
  const { meter, ten, seven } = await callPrices(planner);
  const product = (await licensedPrice(stripe)).product as string;
  const fee = (await stripe.prices.create({ currency: 'usd', unit_amount: 777, product })).id;
  const coupons = {
    half: (await stripe.coupons.create({ percent_off: 50, duration: 'forever' })).id,
    once: (await stripe.coupons.create({ amount_off: 333, currency: 'usd', duration: 'once' })).id,
  };
  return {
    meter,
    prices: { small: await monthly(999), large: await monthly(2500), ten, seven },
    product,
    fee,
    coupons,
  };
}

type Catalog = Awaited<ReturnType<typeof newCatalog>>;

/** The phases in the words of the API, each beginning where the one before it ends. */
function phasesOf({ prices, product, fee, coupons }: Catalog, { phases }: Plan, start: number) {
  let startsAt = start;
  return phases.map((one: Phase): Stripe.SubscriptionScheduleCreateParams.Phase => {
    const begun = startsAt;
    startsAt += (one.days === 0 ? 31 : one.days) * 86_400;
    const isMetered = (name: Phase['plans'][number]) => name === 'ten' || name === 'seven';
    return {
      items: one.plans.map((name) => ({
        ...(name === 'own'
          ? { price_data: { currency: 'usd', product, recurring: MONTH, unit_amount: 1234 } }
          : { price: prices[name] }),
        ...(isMetered(name) ? {} : { quantity: one.quantity }),
      })),
      end_date: startsAt,
      proration_behavior: one.behavior,
      billing_cycle_anchor: one.anchor,
      ...(one.trial === 'all' ? { trial: true } : {}),
      ...(one.trial === 'part' ? { trial_end: begun + 5 * 86_400 } : {}),
      ...(one.isCharged ? { add_invoice_items: [{ price: fee, quantity: 2 }] } : {}),
      ...(one.discount === 'none' ? {} : { discounts: [{ coupon: coupons[one.discount] }] }),
    };
  });
}

/** What an invoice bills, and when for. */
function told({ total, subtotal, lines }: Stripe.Invoice): unknown {
  const read = lines.data.map(({ description, amount, quantity, period, discount_amounts: off }) => {
    return { description, amount, quantity, period, off: off?.map((each) => each.amount) };
  });
  return plain({ total, subtotal, read });
}

/** What a preview shows; null where there is nothing to bill, or it is said to be not served. */
async function shown(call: Promise<Stripe.Invoice>): Promise<unknown> {
  const answer = await call.catch(async () => await refusal(call));
  if (!('code' in answer)) return told(answer as Stripe.Invoice);
  expect(['invoice_upcoming_none', 'parameter_not_served']).toContain(answer.code);
  return null;
}

const audit = useAudit();

test.each(['classic', 'flexible'] as const)(
  'a preview of a schedule is what it then bills, %s',
  async (type) => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(plan, async (one) => {
        const planner = await newPlanner('2027-01-01T00:00:00Z');
        const { stripe, clock, customer } = planner;
        const catalog = await newCatalog(planner);
        let now = clock.frozen_time;
        const start = now + one.wait * 86_400;
        const phases = phasesOf(catalog, one, start);
        const terms = { billing_mode: { type }, end_behavior: one.end };
        const [first, ...later] = phases;
        const details = { ...terms, phases: [{ ...first!, start_date: start }, ...later] };
        const unmade = await shown(stripe.invoices.createPreview({ customer: customer.id, schedule_details: details }));
        const { id } = await stripe.subscriptionSchedules.create({
          ...terms,
          customer: customer.id,
          start_date: start,
          phases,
        });
        if (one.wait > 0) {
          expect(await shown(stripe.invoices.createPreview({ schedule: id }))).toEqual(unmade);
          await advance(stripe, clock, start);
        }
        now = start;
        const [begun] = await invoicesOf(stripe, customer.id);
        if (begun !== undefined && unmade !== null) expect(told(begun)).toEqual(unmade);
        for (let hop = 0; hop < 6; hop++) {
          const { subscription } = await stripe.subscriptionSchedules.retrieve(id);
          await useAt(stripe, catalog.meter, customer.id, 7 + hop);
          const isOn = subscription !== null;
          const next = isOn ? await shown(stripe.invoices.createPreview({ schedule: id })) : null;
          const before = (await invoicesOf(stripe, customer.id)).length;
          now += HOP;
          await advance(stripe, clock, now);
          const [made] = (await invoicesOf(stripe, customer.id)).slice(before);
          if (made === undefined || next === null) continue;
          expect(told(made)).toEqual(next);
          compared += 1;
        }
        expect(await audit(planner)).toEqual([]);
      }),
      { numRuns: RUNS, examples: [[EXAMPLE]], ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    // Most of what is billed was shown before.
    expect(compared).toBeGreaterThan(0);
  },
  240_000,
);
