import type { Random } from '../crash/random.ts';
import { billBeginning, debitsOf, discountOf } from './bill.ts';
import { boundary } from './calendar.ts';
import { companions } from './catalogue.ts';
import type { Json, Remote } from './remote.ts';
import { cancel, collect, finalize } from './settle.ts';
import { type Chooser, pickOf } from './step.ts';
import { type Item, nameOf, named, type Price, type Subscription, type World } from './world.ts';

const MOST_AT_ONCE = 3;

/** A subscription to some prices, on any billing mode, charged or sent. */
export const subscribe: Chooser = (world, random) => {
  if (world.subscriptions.filter(({ status }) => status === 'active').length >= MOST_AT_ONCE) return undefined;
  const subscription = newSubscription(world, random);
  // A first invoice that is declined is no beginning: see the payment behaviors.
  if (!subscription.sent && named(world.customers, subscription.customer).card !== 'pays') return undefined;
  return {
    text: `subscribe ${subscription.customer} to ${subscription.items.map(({ price }) => price.name).join(', ')} (${subscription.name}, ${subscription.mode}${subscription.sent ? ', sent' : ''})`,
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
  return {
    name: nameOf(world, 'sub'),
    customer: random.pick(world.customers).name,
    mode,
    anchor: world.now,
    startedAt: world.now,
    sent: random.chance(0.25),
    rates: world.rates.filter(() => random.chance(0.5)),
    discounts,
    hadDiscounts: discounts.length > 0,
    status: 'active',
    endedAt: null,
    items: choosePrices(world, random, mode).map((price) => newItem(world, random, price)),
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

function newItem(world: World, random: Random, price: Price): Item {
  const quantity = price.meter === null ? random.between(0, 12) : null;
  const period = { start: world.now, end: boundary(world.now, price.every, 1) };
  const debits = debitsOf({ price, quantity, period });
  return { name: nameOf(world, 'si'), price, quantity, period, usedFrom: null, debits };
}

function paramsOf(remote: Remote, { customer, mode, items, sent, rates, discounts }: Subscription) {
  return {
    customer: remote.id(customer),
    billing_mode: { type: mode },
    items: items.map(({ price, quantity }) => ({ price: remote.id(price.name), quantity: quantity ?? undefined })),
    ...(sent ? { collection_method: 'send_invoice', days_until_due: 14 } : {}),
    default_tax_rates: rates.map(({ id }) => remote.id(id)),
    discounts: discounts.map(({ coupon }) => ({ coupon: coupon.name })),
  };
}

/** Items are in the order in which they were asked for. */
function learnItems(remote: Remote, { name, items }: Subscription, created: Json): void {
  remote.learn(name, created.id);
  for (const [place, item] of items.entries()) remote.learn(item.name, created.items.data[place].id);
}

/** Ends a subscription at once. */
export const unsubscribe: Chooser = (world, random) => {
  const subscription = pickOf(
    random,
    world.subscriptions.filter(({ status }) => status === 'active'),
  );
  if (subscription === undefined) return undefined;
  return {
    text: `cancel ${subscription.name}`,
    apply: () => cancel(world, subscription),
    send: (remote) => remote.call('DELETE', `/v1/subscriptions/${remote.id(subscription.name)}`),
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
