import type { Random } from '../crash/random.ts';
import { billBeginning, billEndNow, DAYS_TO_PAY, discountOf } from './bill.ts';
import { boundary, DAY, periodAt } from './calendar.ts';
import { creditUnused } from './change.ts';
import { countedFrom } from './closed.ts';
import { companions } from './catalogue.ts';
import type { Json, Remote } from './remote.ts';
import { collect, dueOf, end, finalize, stopInvoices } from './settle.ts';
import { type Chooser, pickOf } from './step.ts';
import { totalsOf } from './totals.ts';
import { type Invoice, isLive, type Item, nameOf, named, type Price, type Subscription, type World } from './world.ts';

const MOST_AT_ONCE = 3;

/** A subscription to some prices, on any billing mode, charged or sent. */
export const subscribe: Chooser = (world, random) => {
  if (world.subscriptions.filter(isLive).length >= MOST_AT_ONCE) return undefined;
  const subscription = newSubscription(world, random);
  return {
    text: `subscribe ${subscription.customer} to ${subscription.items.map(({ price }) => price.name).join(', ')} (${subscription.name}, ${subscription.mode}${subscription.sent ? ', sent' : ''}${subscription.trialEnd === null ? '' : ', trial'})`,
    apply() {
      world.subscriptions.push(subscription);
      const first = billBeginning(world, subscription);
      if (first === undefined || subscription.sent) return;
      if (dueNow(world, first) > 0n) subscription.status = 'incomplete';
      finalize(world, first);
      collect(world, first);
    },
    async send(remote) {
      const created = await remote.call('POST', '/v1/subscriptions', paramsOf(remote, subscription));
      learnItems(remote, subscription, created);
    },
  };
};

type Times = Pick<Subscription, 'anchor' | 'anchorDay' | 'freeUntil' | 'startedAt'>;

/** When a subscription begins and from when its periods are counted: now, or a time of the past, the future, or some day of the month. */
function chooseTimes(world: World, random: Random, prices: readonly Price[], trialEnd: number | null): Times {
  const { now } = world;
  const usual = { anchor: trialEnd ?? now, anchorDay: null, freeUntil: null, startedAt: now };
  if (trialEnd !== null || random.chance(0.5)) return usual;
  const kind = random.pick(['anchor', 'day', 'backdated', 'both'] as const);
  const shortest = prices.map(({ every }) => every).toSorted((a, b) => boundary(now, a, 1) - boundary(now, b, 1))[0]!;
  const ofMonths = shortest.interval === 'month' || shortest.interval === 'year';
  const anchorDay = kind === 'day' && ofMonths ? random.pick([1, 15, random.between(1, 31), 29, 30, 31]) : null;
  const later = random.between(now + 1, boundary(now, shortest, 1));
  const anchor = anchorDay === null ? (kind === 'anchor' || kind === 'both' ? later : now) : nextDay(now, anchorDay);
  const startedAt = kind === 'backdated' || kind === 'both' ? now - random.between(1, 70 * DAY) : now;
  const whole = periodAt(anchor, shortest, now);
  const firstWhole = whole.start === now ? now : whole.end;
  const isFree = random.chance(0.3) && firstWhole !== startedAt;
  return { anchor, anchorDay, startedAt, freeUntil: isFree ? firstWhole : null };
}

/** The next time that is on a day of the month, at this time of the day; now, if that is such a day. */
function nextDay(now: number, day: number): number {
  let time = now;
  while (new Date(time * 1000).getUTCDate() !== day) time += DAY;
  return time;
}

function newSubscription(world: World, random: Random): Subscription {
  const subscription = chooseSubscription(world, random);
  for (const item of subscription.items) item.usedFrom = countedFrom(world, subscription.customer, item);
  return subscription;
}

function chooseSubscription(world: World, random: Random): Subscription {
  const mode = random.pick(['classic', 'flexible', 'flexible'] as const);
  const discounts = world.coupons.filter(() => random.chance(0.3)).map((coupon) => discountOf(world, coupon));
  const trialEnd = random.chance(0.2) ? world.now + random.pick([7, 14, 30, 45]) * DAY : null;
  const prices = choosePrices(world, random, mode);
  const times = chooseTimes(world, random, prices, trialEnd);
  return {
    name: nameOf(world, 'sub'),
    customer: random.pick(world.customers).name,
    mode,
    ...times,
    createdAt: world.now,
    sent: random.chance(0.25),
    rates: world.rates.filter(() => random.chance(0.5)),
    discounts,
    status: trialEnd === null ? 'active' : 'trialing',
    trialEnd,
    endsAt: null,
    endsWithPeriod: false,
    hold: null,
    threshold: prices.some(({ meter }) => meter !== null) && random.chance(0.25) ? newThreshold(random, prices) : null,
    checkAt: null,
    pausedAt: null,
    resumption: null,
    endedAt: null,
    items: prices.map((price) => newItem(world, random, { price, trialEnd, mode, ...times })),
  };
}

function choosePrices(world: World, random: Random, mode: Subscription['mode']): Price[] {
  const prices: Price[] = [];
  const count = random.between(1, 3);
  for (let place = 0; place < count; place++) {
    const next = pickOf(
      random,
      companions(
        world,
        mode,
        prices.map(({ name }) => name),
      ),
    );
    if (next !== undefined) prices.push(next);
  }
  return prices;
}

type Beginning = Times & Pick<Subscription, 'trialEnd' | 'mode'> & { readonly price: Price };

function newItem(world: World, random: Random, beginning: Beginning): Item {
  const { anchor, price, startedAt, trialEnd } = beginning;
  const quantity = price.meter === null ? unitsOf(random, price) : null;
  const whole = periodAt(anchor, price.every, world.now);
  const begun = { ...whole, start: Math.max(whole.start, startedAt) };
  const period = trialEnd === null ? begun : { start: world.now, end: trialEnd };
  const usageLimit = quantity === null && random.chance(0.1) ? random.between(1, 150) : null;
  const usedFrom = usedFromOf(world, beginning, period.start);
  return { name: nameOf(world, 'si'), price, quantity, period, usedFrom, usageLimit, billed: '0', debits: [] };
}

/** More than all flat fees together, which are owed without any usage. */
function newThreshold(random: Random, prices: readonly Price[]): Subscription['threshold'] {
  const fees = prices.map(({ meter, model }) =>
    meter === null || model.scheme === 'per_unit' ? 0 : Number(model.tiers[0]!.flatAmount ?? 0),
  );
  const least = Math.max(
    50,
    fees.reduce((sum, fee) => sum + fee, 1),
  );
  return { amount: BigInt(least + random.between(0, 8_000)), resets: random.chance(0.4) };
}

/**
 * A backdated flexible subscription bills the usage of earlier periods with its first invoice, a classic one with the next;
 * where what comes before the cycle is free, so is what was used before the subscription was made.
 */
function usedFromOf({ now }: World, { freeUntil, mode, startedAt }: Beginning, start: number): number | null {
  if (startedAt >= now) return null;
  const billed = mode === 'classic' ? startedAt : start;
  const from = freeUntil === null ? billed : now;
  return from === start ? null : from;
}

/** What a draft would have somebody pay now. */
function dueNow(world: World, first: Invoice): bigint {
  const { total } = totalsOf(world, first);
  return dueOf(total + named(world.customers, first.customer).balance, world.currency);
}

/** Often exactly as many as a tier has room for. */
export function unitsOf(random: Random, { model }: Price): number {
  const bounds = model.scheme === 'tiered' ? model.tiers.flatMap(({ upTo }) => upTo ?? []) : [];
  return random.chance(0.5) ? Number(pickOf(random, bounds) ?? 1) : random.between(0, 12);
}

function paramsOf(remote: Remote, subscription: Subscription) {
  const { customer, mode, items, sent, rates, discounts, trialEnd } = subscription;
  const { anchor, anchorDay, createdAt, freeUntil, startedAt, threshold } = subscription;
  return {
    ...(anchorDay === null && trialEnd === null && anchor !== createdAt ? { billing_cycle_anchor: anchor } : {}),
    ...(anchorDay === null ? {} : { billing_cycle_anchor_config: { day_of_month: anchorDay } }),
    ...(startedAt === createdAt ? {} : { backdate_start_date: startedAt }),
    ...(freeUntil === null ? {} : { proration_behavior: 'none' }),
    customer: remote.id(customer),
    billing_mode: { type: mode },
    items: items.map(({ price, quantity, usageLimit }) => ({
      price: remote.id(price.name),
      quantity: quantity ?? undefined,
      ...(usageLimit === null ? {} : { billing_thresholds: { usage_gte: usageLimit } }),
    })),
    ...(threshold === null
      ? {}
      : { billing_thresholds: { amount_gte: threshold.amount, reset_billing_cycle_anchor: threshold.resets } }),
    trial_end: trialEnd ?? undefined,
    ...(sent ? { collection_method: 'send_invoice', days_until_due: DAYS_TO_PAY } : {}),
    default_tax_rates: rates.map(({ id }) => remote.id(id)),
    discounts: discounts.map(({ coupon }) => ({ coupon: coupon.name })),
  };
}

/** Items are in the order in which they were asked for. */
function learnItems(remote: Remote, { name, items }: Subscription, created: Json): void {
  remote.learn(name, created.id);
  for (const [place, item] of items.entries()) remote.learn(item.name, created.items.data[place].id);
}

/** Ends a subscription at once, sometimes with a last invoice, or with what was paid and not used given back. */
export const unsubscribe: Chooser = (world, random) => {
  const subscription = pickOf(random, world.subscriptions.filter(isLive));
  if (subscription === undefined) return undefined;
  const invoiced = random.chance(0.4);
  const prorated = random.chance(0.4);
  return {
    text: `cancel ${subscription.name}${invoiced ? ', invoiced' : ''}${prorated ? ', prorated' : ''}`,
    apply() {
      stopInvoices(world, subscription);
      if (prorated) creditUnused(world, subscription);
      if (invoiced) billEndNow(world, subscription);
      end(world, subscription);
    },
    send: (remote) =>
      remote.call('DELETE', `/v1/subscriptions/${remote.id(subscription.name)}`, {
        invoice_now: invoiced || undefined,
        prorate: prorated || undefined,
      }),
  };
};

/** Puts other coupons on a subscription, or none. */
export const discount: Chooser = (world, random) => {
  const subscription = pickOf(
    random,
    world.subscriptions.filter(({ status }) => status === 'active'),
  );
  if (subscription === undefined || world.coupons.length === 0) return undefined;
  const coupons = world.coupons.filter(() => random.chance(0.5));
  return {
    text: `discounts of ${subscription.name}: ${coupons.map(({ name }) => name).join(', ') || 'none'}`,
    apply: () => void (subscription.discounts = coupons.map((coupon) => discountOf(world, coupon))),
    async send(remote) {
      const path = `/v1/subscriptions/${remote.id(subscription.name)}`;
      // Taken off first, so that a coupon that is there begins anew.
      await remote.call('POST', path, { discounts: '' });
      if (coupons.length === 0) return;
      await remote.call('POST', path, { discounts: coupons.map(({ name }) => ({ coupon: name })) });
    },
  };
};

/** Gives a subscription other tax rates, or none, for what is made from then on. */
export const changeRates: Chooser = (world, random) => {
  const subscription = pickOf(
    random,
    world.subscriptions.filter(({ status }) => status === 'active'),
  );
  if (subscription === undefined || world.rates.length === 0) return undefined;
  const rates = world.rates.filter(() => random.chance(0.5));
  return {
    text: `tax rates of ${subscription.name}: ${rates.map(({ id }) => id).join(', ') || 'none'}`,
    apply: () => void (subscription.rates = rates),
    send: (remote) =>
      remote.call('POST', `/v1/subscriptions/${remote.id(subscription.name)}`, {
        default_tax_rates: rates.length === 0 ? '' : rates.map(({ id }) => remote.id(id)),
      }),
  };
};
