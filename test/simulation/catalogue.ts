import type { Random } from '../crash/random.ts';
import type { NaivePrice, NaiveTier } from '../support/naive-rating.ts';
import type { Every } from './calendar.ts';
import { type Coupon, type Meter, nameOf, named, type Price, type Rate, type World } from './world.ts';

/** Rhythms that may be mixed on one flexible subscription: each is a multiple of the shorter ones. */
const RHYTHMS: readonly (readonly Every[])[] = [
  [
    { interval: 'month', count: 1 },
    { interval: 'month', count: 3 },
    { interval: 'year', count: 1 },
  ],
  [
    { interval: 'month', count: 1 },
    { interval: 'month', count: 2 },
  ],
  [
    { interval: 'week', count: 2 },
    { interval: 'week', count: 4 },
  ],
  [
    { interval: 'day', count: 10 },
    { interval: 'day', count: 30 },
  ],
];

/** A world of a few customers, and what they can buy. `start` is where its clock stands. */
export function newWorld(random: Random, start: number): World {
  const world: World = {
    currency: random.pick(['usd', 'usd', 'eur', 'gbp', 'jpy']),
    now: start,
    draftHours: 1,
    billsLate: random.chance(0.35),
    // Mostly those of an account that never chose any.
    retryDays: random.pick([[3, 5, 6, 7], [3, 5, 6, 7], [3, 5, 6, 7], [1, 30], []]),
    named: 0,
    meters: [],
    prices: [],
    rates: [],
    coupons: [],
    customers: [],
    subscriptions: [],
    pending: [],
    invoices: [],
    usage: [],
    cancelled: new Set(),
    done: [],
  };
  const meters = random.between(1, 2);
  for (let count = 0; count < meters; count++) world.meters.push(newMeter(world, random));
  const rhythms = random.pick(RHYTHMS);
  for (let count = 0; count < 5; count++)
    world.prices.push(newPrice(world, random, { rhythms, metered: count % 2 === 0 }));
  if (random.chance(0.4)) world.rates.push(newRate(world, random));
  if (random.chance(0.2)) world.rates.push(newRate(world, random));
  if (random.chance(0.6)) world.coupons.push(newCoupon(world, random), newCoupon(world, random));
  const customers = random.between(1, 2);
  for (let count = 0; count < customers; count++) {
    world.customers.push({ name: nameOf(world, 'cus'), balance: 0n, card: 'pays', nextNumber: 1 });
  }
  return world;
}

function newMeter(world: World, random: Random): Meter {
  const formula = random.pick(['sum', 'sum', 'sum', 'count', 'last', 'max', 'min', 'average', 'unique_count'] as const);
  const window = random.pick([null, null, null, 'hour', 'day'] as const);
  // Of different values no window is asked for.
  return { name: nameOf(world, 'meter'), formula, window: formula === 'unique_count' ? null : window };
}

type PriceTerms = { readonly rhythms: readonly Every[]; readonly metered: boolean };

function newPrice(world: World, random: Random, { rhythms, metered }: PriceTerms): Price {
  return {
    name: nameOf(world, 'price'),
    product: nameOf(world, 'prod'),
    meter: metered ? random.pick(world.meters).name : null,
    // Mostly the shortest, so that there is something to renew.
    every: random.chance(0.6) ? rhythms[0]! : random.pick(rhythms),
    model: newModel(random),
  };
}

function newModel(random: Random): NaivePrice {
  const kind = random.pick(['unit', 'unit', 'package', 'graduated', 'volume'] as const);
  if (kind === 'graduated' || kind === 'volume') return { scheme: 'tiered', mode: kind, tiers: newTiers(random) };
  const transform =
    kind === 'unit'
      ? null
      : { divideBy: String(random.pick([3, 7, 60, 100])), round: random.pick(['up', 'down'] as const) };
  return { scheme: 'per_unit', unitAmount: amountText(random), transform };
}

/** Sometimes whole units, sometimes halves or up to 12 decimals, and sometimes less than a card is ever charged. */
function amountText(random: Random): string {
  const whole = random.between(0, random.chance(0.2) ? 8 : 900);
  if (random.chance(0.5)) return String(whole);
  if (random.chance(0.4)) return `${whole}.5`;
  const places = random.pick([1, 2, 3, 12]);
  const fraction = String(random.between(1, 9)).padStart(places, String(random.between(0, 9)));
  return `${random.chance(0.5) ? 0 : whole}.${fraction}`;
}

function newTiers(random: Random): NaiveTier[] {
  const hasFees = random.chance(0.5);
  let bound = 0;
  return Array.from({ length: random.between(2, 4) }, () => {
    bound += random.between(1, 60);
    const isFeeOnly = hasFees && random.chance(0.2);
    return {
      upTo: String(bound),
      unitAmount: isFeeOnly ? null : amountText(random),
      flatAmount: isFeeOnly || (hasFees && random.chance(0.6)) ? String(random.between(0, 2_000)) : null,
    };
  }).map((tier, place, all) => (place === all.length - 1 ? { ...tier, upTo: null } : tier));
}

function newRate(world: World, random: Random): Rate {
  return {
    id: nameOf(world, 'rate'),
    percentage: random.pick(['19', '7.25', '8.875', '20', '5.5']),
    inclusive: random.chance(0.4),
  };
}

function newCoupon(world: World, random: Random): Coupon {
  const off = random.chance(0.6)
    ? { percent: random.pick(['10', '12.5', '33.33', '50', '100']) }
    : { amount: BigInt(random.between(1, 3_000)) };
  return { name: nameOf(world, 'coupon'), off, duration: random.pick(['once', 'forever', 2, 5] as const) };
}

/** Prices that may be on one subscription with those that are. */
export function companions(world: World, mode: 'classic' | 'flexible', chosen: readonly string[]): Price[] {
  const rest = world.prices.filter(({ name }) => !chosen.includes(name));
  const first = chosen[0] === undefined ? undefined : named(world.prices, chosen[0]);
  if (first === undefined || mode === 'flexible') return rest;
  const { interval, count } = first.every;
  return rest.filter(({ every }) => every.interval === interval && every.count === count);
}
