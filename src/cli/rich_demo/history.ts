import { setTimeout as sleep } from 'node:timers/promises';
import type { Stripe } from 'stripe';
import { forEach, unix } from './calls.ts';
import { type Catalog, MARK } from './catalog.ts';
import { baseItem, makeCustomer, payBy, subscribe } from './customer.ts';
import type { Change, Person, PlanName } from './people.ts';
import { usageOf, type UsageSender } from './usage.ts';

export type Making = {
  readonly stripe: Stripe;
  readonly catalog: Catalog;
  readonly usage: UsageSender;
  readonly seed: number;
  readonly signal: AbortSignal;
  say(line: string): void;
};

/** A customer of the past, as it is at the stop that time has come to. */
type Member = {
  readonly person: Person;
  readonly customer: string;
  readonly subscription: string;
  readonly since: Temporal.Instant;
  plan: PlanName;
  /** When it stops using anything. */
  endsAt: Temporal.Instant | null;
};

const POLL_MILLISECONDS = 25;

/** What a server says whose clocks may hold no more. */
const CLOCK_IS_FULL = /which is the limit/;

/**
 * Plays the past: at each stop all test clocks advance, what was used since the stop before is sent while the drafts of
 * renewals are open, and customers join, change and leave. As many customers share a clock as the server lets.
 */
export class History {
  readonly #making: Making;
  readonly #members: Member[] = [];
  readonly clocks: string[] = [];

  constructor(making: Making) {
    this.#making = making;
  }

  async play(people: readonly Person[], stops: readonly Temporal.Instant[]): Promise<void> {
    for (const [index, stop] of stops.entries()) {
      const before = stops[index - 1];
      await this.#advance(stop);
      if (before !== undefined) await this.#send(before, stop);
      await this.#change(index, stop);
      await this.#join(
        people.filter(({ joins }) => joins === index),
        stop,
      );
      const isLastOfMonth = stops[index + 1]?.toZonedDateTimeISO('UTC').month !== stop.toZonedDateTimeISO('UTC').month;
      if (isLastOfMonth) this.#tell(stop);
    }
  }

  /** Goes to the end, so that drafts that wait an hour become final. */
  async finish(end: Temporal.Instant): Promise<void> {
    await this.#advance(end);
  }

  async #advance(to: Temporal.Instant): Promise<void> {
    const { stripe, signal } = this.#making;
    await forEach(this.clocks, signal, async (clock) => {
      await stripe.testHelpers.testClocks.advance(clock, { frozen_time: unix(to) });
      let { status } = await stripe.testHelpers.testClocks.retrieve(clock);
      while (status === 'advancing') {
        await sleep(POLL_MILLISECONDS);
        signal.throwIfAborted();
        ({ status } = await stripe.testHelpers.testClocks.retrieve(clock));
      }
      if (status !== 'ready') throw new Error(`The test clock ${clock} did not arrive: it is ${status}.`);
    });
  }

  async #send(from: Temporal.Instant, until: Temporal.Instant): Promise<void> {
    const { usage, seed, signal } = this.#making;
    const events = this.#members.flatMap(({ person, customer, since, plan, endsAt }) => {
      const end = endsAt !== null && Temporal.Instant.compare(endsAt, until) < 0 ? endsAt : until;
      const user = { customer, index: person.index, appetite: person.appetite, since };
      return usageOf(plan, user, { from, until: end, seed });
    });
    await usage.send(events, signal);
  }

  async #join(people: readonly Person[], stop: Temporal.Instant): Promise<void> {
    const { stripe, catalog, signal } = this.#making;
    const placed: { person: Person; customer: string }[] = [];
    for (const person of people) {
      signal.throwIfAborted();
      placed.push({ person, customer: await this.#place(person, stop) });
    }
    await forEach(placed, signal, async ({ person, customer }) => {
      if (person.sent === null)
        await payBy(stripe, customer, person.index % 3 === 0 ? 'pm_card_mastercard' : 'pm_card_visa');
      const subscription = await subscribe(stripe, catalog, person, { customer });
      this.#members.push({
        person,
        customer,
        subscription: subscription.id,
        since: stop,
        plan: person.plan,
        endsAt: null,
      });
    });
    // They have joined in the order in which the server answered.
    this.#members.sort((a, b) => a.person.index - b.person.index);
  }

  /** Puts a customer on the newest clock, or on a new one where that is full. */
  async #place(person: Person, stop: Temporal.Instant): Promise<string> {
    const { stripe } = this.#making;
    const newest = this.clocks.at(-1);
    if (newest !== undefined) {
      try {
        return await makeCustomer(stripe, person, newest);
      } catch (error) {
        if (!(error instanceof Error && CLOCK_IS_FULL.test(error.message))) throw error;
      }
    }
    const name =
      this.clocks.length === 0 ? 'The year of Alpaca AI' : `The year of Alpaca AI (${this.clocks.length + 1})`;
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix(stop), name });
    this.clocks.push(clock.id);
    return await makeCustomer(stripe, person, clock.id);
  }

  async #change(index: number, stop: Temporal.Instant): Promise<void> {
    const { stripe, signal } = this.#making;
    await forEach(this.#members, signal, async (member) => {
      const change = member.person.changes.get(index);
      if (change !== undefined) await this.#apply(member, change, stop);
      if (member.person.sent === 'pays') await this.#payLongSent(stripe, member, stop);
    });
  }

  async #apply(member: Member, change: Change, stop: Temporal.Instant): Promise<void> {
    const { stripe, catalog } = this.#making;
    const { customer, subscription: id } = member;
    switch (change.kind) {
      case 'card_fails':
        return await payBy(stripe, customer, 'pm_card_chargeCustomerFail');
      case 'new_card':
        return await payBy(stripe, customer, 'pm_card_visa');
      case 'cancel':
        member.endsAt = await cancel(stripe, id, change.atPeriodEnd, stop);
        return;
      case 'seats':
      case 'plan': {
        if (change.kind === 'plan') member.plan = change.plan;
        const { items } = await stripe.subscriptions.retrieve(id);
        const base = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
        if (base === undefined) throw new Error(`The subscription ${id} has no plan.`);
        const item = { id: base.id, ...baseItem(catalog, member.plan, change.seats) };
        await stripe.subscriptions.update(id, { items: [item] });
      }
    }
  }

  /** Three weeks after they were sent. */
  async #payLongSent(stripe: Stripe, { customer }: Member, stop: Temporal.Instant): Promise<void> {
    const until = unix(stop.subtract({ hours: 20 * 24 }));
    const { data } = await stripe.invoices.list({ customer, status: 'open', created: { lt: until } });
    for (const { id } of data) await stripe.invoices.pay(id, { paid_out_of_band: true });
  }

  #tell(stop: Temporal.Instant): void {
    const month = stop.toZonedDateTimeISO('UTC').toLocaleString('en', { month: 'long', year: 'numeric' });
    const { length } = this.#members.filter(({ endsAt }) => endsAt === null);
    const { count } = this.#making.usage;
    this.#making.say(`   ${month}: ${length} paying customers, ${count.toLocaleString('en')} meter events so far`);
  }
}

const REASONS = ['too_expensive', 'missing_features', 'unused', 'switched_service'] as const;

/** Answers when it ends. */
async function cancel(
  stripe: Stripe,
  id: string,
  atPeriodEnd: boolean,
  stop: Temporal.Instant,
): Promise<Temporal.Instant> {
  const feedback = REASONS[id.charCodeAt(id.length - 1) % REASONS.length] ?? 'unused';
  const cancellation_details = { feedback, comment: `Asked for in the ${MARK.replace('_', ' ')}` };
  if (!atPeriodEnd) {
    await stripe.subscriptions.cancel(id, { invoice_now: true, prorate: true, cancellation_details });
    return stop;
  }
  const { cancel_at: end } = await stripe.subscriptions.update(id, {
    cancel_at_period_end: true,
    cancellation_details,
  });
  return end === null ? stop : Temporal.Instant.fromEpochMilliseconds(end * 1000);
}
