import { type Random, randomOf } from './random.ts';

export type PlanName = 'starter' | 'team' | 'scale' | 'yearly';

/** What happens to a customer at a stop of the year, beside being billed. */
export type Change =
  | { readonly kind: 'seats'; readonly seats: number }
  | { readonly kind: 'plan'; readonly plan: 'starter' | 'team'; readonly seats: number }
  | { readonly kind: 'cancel'; readonly atPeriodEnd: boolean }
  | { readonly kind: 'card_fails' }
  | { readonly kind: 'new_card' };

/** A customer that never was, with all that will become of it. */
export type Person = {
  readonly index: number;
  readonly name: string;
  readonly email: string;
  readonly country: 'US' | 'GB' | 'DE';
  /** The stop at which it joins; null: it has joined in wall time, within the last weeks. */
  readonly joins: number | null;
  readonly plan: PlanName;
  readonly seats: number;
  readonly hasTrial: boolean;
  readonly coupon: 'launch' | 'startup' | null;
  /** Its invoices are sent to it; `late` does not pay them. */
  readonly sent: 'pays' | 'late' | null;
  readonly changes: ReadonlyMap<number, Change>;
  /** How much it uses, beside others of its plan. */
  readonly appetite: number;
};

export type Scale = { readonly customers: number; readonly stops: number; readonly seed: number };

const FIRST =
  `Amber Aurora Birch Blue Bright Cedar Copper Delta Ember Fable Field Glass Harbor Hazel Indigo Juniper Kite Lantern
Linden Lumen Maple Meadow Nimbus North Oak Opal Orchard Paper Pebble Pine Quartz Quill River Saffron Silver Sparrow Stone
Tidal Violet Willow`.split(/\s+/);
const SECOND =
  `Analytics Care Cloud Dental Foods Freight Games Health Insights Labs Legal Learning Logistics Media Mobility
Payroll Robotics Security Software Studios Systems Travel Ventures Works`.split(/\s+/);
const GIVEN =
  `Ada Amir Ana Ben Chen Clara Dmitri Elif Emeka Femi Grace Hana Ines Ivan Jo Kofi Lena Luca Maya Mei Noor Omar Priya
Rosa Sam Sofia Tariq Uma Victor Yuki Zoe`.split(/\s+/);

/** Wall time has the newest of them; the others joined over the year, each month more than the month before. */
const PART_IN_WALL_TIME = 0.2;

/** Customers whom the company has when its year begins. */
const PART_AT_FIRST = 0.12;

/** A month of stops: a card that failed is replaced after one or two weeks, before the retries end. */
const STOPS_A_MONTH = 4;

/** The customers of a made-up company, in the order in which they join. The same for the same scale. */
export function makePeople({ customers, stops, seed }: Scale): Person[] {
  const present = Math.max(1, Math.round(customers * PART_IN_WALL_TIME));
  return Array.from({ length: customers }, (_, index) => {
    const random = randomOf(seed * 100_003 + index);
    const isPresent = index >= customers - present;
    const joins = isPresent ? null : joinsAt((index + 0.5) / (customers - present), stops);
    return makePerson(random, index, joins, stops);
  });
}

/** The stop at which that part of the customers has joined. The square root makes the crowd grow faster and faster. */
function joinsAt(part: number, stops: number): number {
  const later = Math.max(0, part - PART_AT_FIRST) / (1 - PART_AT_FIRST);
  return Math.floor(Math.sqrt(later) * (stops - 1));
}

function makePerson(random: Random, index: number, joins: number | null, stops: number): Person {
  const company = `${FIRST[index % FIRST.length]} ${random.pick(SECOND)}`;
  const plan = pickPlan(random);
  const seats = plan === 'scale' ? random.between(12, 60) : random.between(2, 14);
  const isSent = plan === 'scale' && random.chance(0.45);
  return {
    index,
    name: company,
    email: `${random.pick(GIVEN).toLowerCase()}@${company.toLowerCase().replaceAll(' ', '-')}.example`,
    country: random.pick(['US', 'US', 'US', 'GB', 'DE'] as const),
    joins,
    plan,
    seats,
    // A trial that begins on another day of the month would end between two stops.
    hasTrial: plan !== 'yearly' && !isSent && (joins === null || joins % STOPS_A_MONTH < 2) && random.chance(0.25),
    coupon: random.chance(0.12) ? 'launch' : random.chance(0.05) ? 'startup' : null,
    sent: isSent ? (random.chance(0.75) ? 'pays' : 'late') : null,
    changes: joins === null ? new Map() : makeChanges(random, { plan, seats, isSent, joins, stops }),
    appetite: 0.4 + random.next() * 1.2,
  };
}

function pickPlan(random: Random): PlanName {
  const at = random.next();
  return at < 0.45 ? 'starter' : at < 0.78 ? 'team' : at < 0.92 ? 'scale' : 'yearly';
}

type Known = {
  readonly plan: PlanName;
  readonly seats: number;
  readonly isSent: boolean;
  readonly joins: number;
  readonly stops: number;
};

/** At most one story a customer, a month after it joined at the earliest, so that it stays readable. */
function makeChanges(random: Random, { plan, seats, isSent, joins, stops }: Known): Map<number, Change> {
  const earliest = joins + STOPS_A_MONTH + 1;
  const changes = new Map<number, Change>();
  if (earliest >= stops - 1 || plan === 'yearly') return changes;
  const at = random.between(earliest, stops - 1);
  const story = random.next();
  if (story < 0.14) {
    changes.set(at, { kind: 'cancel', atPeriodEnd: random.chance(0.5) });
  } else if (story < 0.26 && !isSent) {
    changes.set(at, { kind: 'card_fails' });
    if (random.chance(0.6)) changes.set(at + random.between(5, 6), { kind: 'new_card' });
  } else if (story < 0.42 && plan === 'starter') {
    changes.set(at, { kind: 'plan', plan: 'team', seats });
  } else if (story < 0.48 && plan === 'team') {
    changes.set(at, { kind: 'plan', plan: 'starter', seats: 1 });
  } else if (story < 0.75 && plan !== 'starter') {
    changes.set(at, { kind: 'seats', seats: Math.max(1, seats + random.between(-2, 9)) });
  }
  return changes;
}
