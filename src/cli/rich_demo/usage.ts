import type { Stripe } from 'stripe';
import { EVENTS } from './catalog.ts';
import type { PlanName } from './people.ts';
import { type Random, randomOf } from './random.ts';

export type UsageEvent = {
  readonly event_name: string;
  readonly payload: Record<string, string>;
  readonly timestamp: string;
};

/** Who uses something, from when on, and how much beside others of its plan. */
export type User = {
  readonly customer: string;
  readonly index: number;
  readonly appetite: number;
  readonly since: Temporal.Instant;
};

/** On a usual day: tokens of each model, calls; and gigabytes at the beginning. */
const HABITS: Readonly<Record<PlanName, { models: Record<string, number>; calls: number; storage: number }>> = {
  starter: { models: { 'alpaca-mini': 180_000 }, calls: 420, storage: 0 },
  team: { models: { 'alpaca-mini': 900_000, 'alpaca-pro': 650_000 }, calls: 2_300, storage: 0 },
  yearly: { models: {}, calls: 0, storage: 0 },
  scale: {
    models: { 'alpaca-mini': 2_600_000, 'alpaca-pro': 4_100_000, 'alpaca-vision': 900_000 },
    calls: 11_000,
    storage: 85,
  },
};

const MONTHLY_GROWTH = 1.07;
const WEEKEND = 0.35;
const DAYS_A_MONTH = 30.4;

/** What somebody used in `[from, until)`: some events a day, each at a time of its own. The same for the same seed. */
export function usageOf(
  plan: PlanName,
  user: User,
  { from, until, seed }: { from: Temporal.Instant; until: Temporal.Instant; seed: number },
): UsageEvent[] {
  const random = randomOf(seed * 7_919 + user.index * 104_729 + Math.floor(from.epochMilliseconds / 3_600_000));
  const events: UsageEvent[] = [];
  for (let day = from; Temporal.Instant.compare(day, until) < 0; day = day.add({ hours: 24 })) {
    const rest = Math.min(24, until.since(day).total('hours'));
    // What is left of a last day has its part of the usage.
    events.push(...usageOfDay(HABITS[plan], user, { day, part: rest / 24, random }));
  }
  return events;
}

type Day = { readonly day: Temporal.Instant; readonly part: number; readonly random: Random };

function usageOfDay(habits: (typeof HABITS)[PlanName], user: User, { day, part, random }: Day): UsageEvent[] {
  const months = day.since(user.since).total('hours') / 24 / DAYS_A_MONTH;
  const { dayOfWeek } = day.toZonedDateTimeISO('UTC');
  const growth = user.appetite * MONTHLY_GROWTH ** months;
  const level = growth * part * (dayOfWeek > 5 ? WEEKEND : 1);
  const amount = (usual: number) => String(Math.max(1, Math.round(usual * level * (0.6 + random.next() * 0.8))));
  const at = () => day.add({ seconds: Math.floor(random.next() * part * 86_400) }).toString();
  const event = (name: string, value: string, more: Record<string, string> = {}): UsageEvent => ({
    event_name: name,
    payload: { stripe_customer_id: user.customer, value, ...more },
    timestamp: at(),
  });
  const events = Object.entries(habits.models).map(([model, tokens]) =>
    event(EVENTS.tokens, amount(tokens), { model }),
  );
  if (habits.calls > 0) events.push(event(EVENTS.calls, amount(habits.calls)));
  const isMeasured = habits.storage > 0 && dayOfWeek === 1;
  if (isMeasured) events.push(event(EVENTS.storage, String(Math.round(habits.storage * growth * 10) / 10)));
  return events;
}

const BATCH = 100;
const SESSION_MILLISECONDS = 10 * 60_000;

/** Sends usage through the stream of meter events, a hundred at a time. */
export class UsageSender {
  readonly #stripe: Stripe;
  readonly #connect: (key: string) => Stripe;
  #stream: Stripe | undefined;
  #openedAt = 0;
  count = 0;

  constructor(stripe: Stripe, connect: (key: string) => Stripe) {
    this.#stripe = stripe;
    this.#connect = connect;
  }

  async send(events: readonly UsageEvent[], signal: AbortSignal): Promise<void> {
    for (let start = 0; start < events.length; start += BATCH) {
      signal.throwIfAborted();
      const batch = events.slice(start, start + BATCH);
      await (await this.#open()).v2.billing.meterEventStream.create({ events: batch });
      this.count += batch.length;
    }
  }

  /** A session ends by itself after a quarter of an hour. */
  async #open(): Promise<Stripe> {
    if (this.#stream !== undefined && performance.now() - this.#openedAt < SESSION_MILLISECONDS) return this.#stream;
    const session = await this.#stripe.v2.billing.meterEventSession.create();
    this.#openedAt = performance.now();
    this.#stream = this.#connect(session.authentication_token);
    return this.#stream;
  }
}
