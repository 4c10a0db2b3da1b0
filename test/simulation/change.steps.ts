import type { Random } from '../crash/random.ts';
import { naiveTotal } from '../support/naive-rating.ts';
import { type Change, change } from './change.ts';
import { companions } from './catalogue.ts';
import type { Remote } from './remote.ts';
import { unitsOf } from './subscription.steps.ts';
import { type Chooser, pickOf } from './step.ts';
import { type Item, nameOf, type Price, type Subscription, type World } from './world.ts';

/** Changes an item of a subscription in mid-cycle: its quantity, its price, or whether it is there. */
export const changeItem: Chooser = (world, random) => {
  const subscription = pickOf(random, world.subscriptions.filter(isSteady));
  if (subscription === undefined) return undefined;
  const wanted = random.pick([changeQuantity, changePrice, addItem, dropItem])(world, random, subscription);
  if (wanted === undefined) return undefined;
  const whole: Change = { ...wanted, behavior: random.chance(0.65) ? 'create_prorations' : 'none' };
  const { item, to, behavior } = whole;
  return {
    text: `change ${subscription.name}: ${item?.name ?? 'new'} to ${to === null ? 'nothing' : `${to.price.name} × ${to.quantity}`}, ${behavior}`,
    apply: (now) => change(now, subscription, whole),
    async send(remote) {
      const changed = await remote.call('POST', `/v1/subscriptions/${remote.id(subscription.name)}`, {
        items: [paramsOf(remote, whole)],
        proration_behavior: behavior,
      });
      if (item === null) remote.learn(to!.name, changed.items.data.at(-1).id);
    },
  };
};

/** No discounts, which prorations would share, and something that costs, so that the anchor of a classic one stays. */
function isSteady({ status, hadDiscounts, endsWithPeriod, items }: Subscription): boolean {
  const costs = items.some(
    ({ price, quantity }) => quantity === null || naiveTotal(price.model, String(quantity)) > 0n,
  );
  return status === 'active' && !hadDiscounts && !endsWithPeriod && costs;
}

type Wanted = Omit<Change, 'behavior'> | undefined;

function changeQuantity(_world: World, random: Random, { items }: Subscription): Wanted {
  const item = pickOf(
    random,
    items.filter(({ quantity }) => quantity !== null),
  );
  if (item === undefined) return undefined;
  const quantity = unitsOf(random, item.price);
  return quantity === item.quantity ? undefined : { item, to: { ...item, quantity } };
}

function changePrice(world: World, random: Random, subscription: Subscription): Wanted {
  const item = random.pick(subscription.items);
  const price = pickOf(random, othersOf(world, subscription, item));
  return price === undefined
    ? undefined
    : { item, to: { name: item.name, price, quantity: quantityOf(random, price) } };
}

function addItem(world: World, random: Random, subscription: Subscription): Wanted {
  const like = random.pick(subscription.items);
  const price = pickOf(random, othersOf(world, subscription, like));
  if (price === undefined || subscription.items.length >= 3) return undefined;
  return { item: null, to: { name: nameOf(world, 'si'), price, quantity: quantityOf(random, price) } };
}

function dropItem(_world: World, random: Random, { items }: Subscription): Wanted {
  return items.length < 2 ? undefined : { item: random.pick(items), to: null };
}

/** Prices that it has not, in the rhythm of an item that it has. */
function othersOf(world: World, { items, mode }: Subscription, { price: { every } }: Item): Price[] {
  const others = companions(
    world,
    mode,
    items.map(({ price }) => price.name),
  );
  return others.filter((price) => price.every.interval === every.interval && price.every.count === every.count);
}

function quantityOf(random: Random, price: Price): number | null {
  return price.meter === null ? unitsOf(random, price) : null;
}

function paramsOf(remote: Remote, { item, to }: Change) {
  const id = item === null ? {} : { id: remote.id(item.name) };
  if (to === null) return { ...id, deleted: true };
  return { ...id, price: remote.id(to.price.name), quantity: to.quantity ?? undefined };
}
