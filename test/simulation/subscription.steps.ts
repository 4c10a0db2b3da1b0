import type { Random } from '../crash/random.ts';
import { billBeginning, billEndNow, DAYS_TO_PAY, debitsOf, discountOf } from './bill.ts';
import { boundary, DAY } from './calendar.ts';
import { creditUnused } from './change.ts';
import { companions } from './catalogue.ts';
import type { Json, Remote } from './remote.ts';
import { collect, end, finalize, stopInvoices } from './settle.ts';
import { type Chooser, pickOf } from './step.ts';
import { isLive, type Item, nameOf, named, type Price, type Subscription, type World } from './world.ts';

const MOST_AT_ONCE = 3;

/** A subscription to some prices, on any billing mode, charged or sent. */
export const subscribe: Chooser = (world, random) => {
  if (world.subscriptions.filter(isLive).length >= MOST_AT_ONCE) return undefined;
  const subscription = newSubscription(world, random);
  // A first invoice that is declined is no beginning: see the payment behaviors.
  if (!subscription.sent && named(world.customers, subscription.customer).card !== 'pays') return undefined;
  return {
    text: `subscribe ${subscription.customer} to ${subscription.items.map(({ price }) => price.name).join(', ')} (${subscription.name}, ${subscription.mode}${subscription.sent ? ', sent' : ''}${subscription.trialEnd === null ? '' : ', trial'})`,
    apply() {
      world.subscriptions.push(subscription);
      const first = billBeginning(world, subscription);
      if (first === undefined || subscription.sent) return;
      finalize(world, first);
      collect(world, first);
    },
    async send(remote) {
      const created = await remote.call('POST', '/v1/subscriptions', paramsOf(remote, subscription));
      learnItems(remote, subscription, created);
    },
  };
};

function newSubscription(world: World, random: Random): Subscription {
  const mode = random.pick(['classic', 'flexible', 'flexible'] as const);
  const discounts = world.coupons.filter(() => random.chance(0.3)).map((coupon) => discountOf(world, coupon));
  const trialEnd = random.chance(0.2) ? world.now + random.pick([7, 14, 30, 45]) * DAY : null;
  return {
    name: nameOf(world, 'sub'),
    customer: random.pick(world.customers).name,
    mode,
    anchor: trialEnd ?? world.now,
    startedAt: world.now,
    sent: random.chance(0.25),
    rates: world.rates.filter(() => random.chance(0.5)),
    discounts,
    hadDiscounts: discounts.length > 0,
    status: trialEnd === null ? 'active' : 'trialing',
    trialEnd,
    endsWithPeriod: false,
    endedAt: null,
    items: choosePrices(world, random, mode).map((price) => newItem(world, random, price, trialEnd)),
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

function newItem(world: World, random: Random, price: Price, trialEnd: number | null): Item {
  const quantity = price.meter === null ? unitsOf(random, price) : null;
  const period = { start: world.now, end: trialEnd ?? boundary(world.now, price.every, 1) };
  const debits = trialEnd === null ? debitsOf({ price, quantity, period }) : [];
  return { name: nameOf(world, 'si'), price, quantity, period, usedFrom: null, debits };
}

/** Often exactly as many as a tier has room for. */
export function unitsOf(random: Random, { model }: Price): number {
  const bounds = model.scheme === 'tiered' ? model.tiers.flatMap(({ upTo }) => upTo ?? []) : [];
  return random.chance(0.5) ? Number(pickOf(random, bounds) ?? 1) : random.between(0, 12);
}

function paramsOf(remote: Remote, { customer, mode, items, sent, rates, discounts, trialEnd }: Subscription) {
  return {
    customer: remote.id(customer),
    billing_mode: { type: mode },
    items: items.map(({ price, quantity }) => ({ price: remote.id(price.name), quantity: quantity ?? undefined })),
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
  const prorated = !subscription.hadDiscounts && random.chance(0.4);
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

/** Lets a subscription end with its period, or go on after all. */
export const endWithPeriod: Chooser = (world, random) => {
  const subscription = pickOf(random, world.subscriptions.filter(hasOnePeriod));
  if (subscription === undefined) return undefined;
  const ends = !subscription.endsWithPeriod;
  return {
    text: `${subscription.name} ${ends ? 'ends with its period' : 'goes on'}`,
    apply: () => void (subscription.endsWithPeriod = ends),
    send: (remote) =>
      remote.call('POST', `/v1/subscriptions/${remote.id(subscription.name)}`, { cancel_at_period_end: ends }),
  };
};

function hasOnePeriod(subscription: Subscription): boolean {
  return isLive(subscription) && new Set(subscription.items.map(({ period }) => period.end)).size === 1;
}

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
    apply() {
      subscription.hadDiscounts ||= coupons.length > 0;
      subscription.discounts = coupons.map((coupon) => discountOf(world, coupon));
    },
    async send(remote) {
      const path = `/v1/subscriptions/${remote.id(subscription.name)}`;
      // Taken off first, so that a coupon that is there begins anew.
      await remote.call('POST', path, { discounts: '' });
      if (coupons.length === 0) return;
      await remote.call('POST', path, { discounts: coupons.map(({ name }) => ({ coupon: name })) });
    },
  };
};
