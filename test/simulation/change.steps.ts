import type { Random } from '../crash/random.ts';
import { currentPeriod } from './bill.ts';
import { companions } from './catalogue.ts';
import { alter, arrive, type Behavior, type Wanted } from './change.ts';
import { followPeriods } from './ending.ts';
import type { Remote } from './remote.ts';
import { type Chooser, pickOf } from './step.ts';
import { unitsOf } from './subscription.steps.ts';
import { isBilling, type Item, nameOf, type Price, type Subscription, type World } from './world.ts';

export const BEHAVIORS: readonly Behavior[] = ['create_prorations', 'create_prorations', 'always_invoice', 'none'];

/** One item as it is to be: `to` null, it goes; `item` null, it is new. */
type Change = { readonly item: Item | null; readonly to: Wanted | null };

/** Changes an item of a subscription in mid-cycle: its quantity, its price, or whether it is there; or starts its periods anew. */
export const changeItem: Chooser = (world, random) => {
  const subscription = pickOf(random, world.subscriptions.filter(isBilling));
  if (subscription === undefined) return undefined;
  const wanted = random.pick([changeQuantity, changePrice, changePrice, addItem, dropItem, startAnew])(
    world,
    random,
    subscription,
  );
  if (wanted === undefined) return undefined;
  const behavior = random.pick(BEHAVIORS);
  const isAsked = wanted === ANEW || (canStartAnew(world, subscription) && random.chance(0.1));
  const date = random.chance(0.35) ? dateIn(world, random, subscription) : null;
  const resets = isAsked || (canStartAnew(world, subscription) && movesAnchor(subscription, wanted));
  return {
    text: `change ${subscription.name}: ${textOf(wanted)}, ${behavior}${isAsked ? ', anchor now' : ''}${date === null ? '' : `, as of ${date}`}`,
    apply(now) {
      const items = itemsWith(subscription, wanted).map((each) => arrive(now, subscription, each, resets));
      const ended = followPeriods(subscription, items, resets ? now.now : subscription.anchor);
      alter(now, subscription, ended, { behavior, at: date ?? now.now, resets });
    },
    async send(remote) {
      const changed = await remote.call('POST', `/v1/subscriptions/${remote.id(subscription.name)}`, {
        items: wanted === ANEW ? undefined : [paramsOf(remote, wanted)],
        proration_behavior: behavior,
        proration_date: date ?? undefined,
        ...(isAsked ? { billing_cycle_anchor: { type: 'now' } } : {}),
      });
      if (wanted.item === null && wanted.to !== null) remote.learn(wanted.to.name, changed.items.data.at(-1).id);
    },
  };
};

/** From when on prorations are to count: often the middle of the period, where odd amounts are halved. */
function dateIn({ now }: World, random: Random, subscription: Subscription): number {
  const { start, end } = currentPeriod(subscription);
  if (random.chance(0.6)) return start + Math.floor((end - start) / 2);
  return random.between(start, Math.min(end, random.pick([end, now])));
}

const ANEW: Change = { item: null, to: null };

function textOf(change: Change): string {
  const { item, to } = change;
  if (change === ANEW) return 'start anew';
  return `${item?.name ?? 'new'} to ${to === null ? 'nothing' : `${to.price.name} × ${to.quantity}`}`;
}

function itemsWith({ items }: Subscription, { item, to }: Change): Wanted[] {
  if (item === null) return [...items, ...(to === null ? [] : [to])];
  return items.flatMap((each) => (each === item ? (to ?? []) : each));
}

/** Its billing has begun. */
function canStartAnew({ now }: World, { freeUntil }: Subscription): boolean {
  return freeUntil === null || now >= freeUntil;
}

/** A classic subscription begins anew where something recurs otherwise than all before, or where it was free and is no longer. */
function movesAnchor(subscription: Subscription, change: Change): boolean {
  const { items, mode } = subscription;
  if (mode === 'flexible') return false;
  const after = itemsWith(subscription, change);
  const recursAnew = after.some(({ price }) => !items.some((old) => recursAlike(old.price, price)));
  return recursAnew || (items.every(costsNothing) && !after.every(costsNothing));
}

function recursAlike(some: Price, other: Price): boolean {
  return some.every.interval === other.every.interval && some.every.count === other.every.count;
}

function costsNothing({ price: { meter, model }, quantity }: Wanted): boolean {
  if (meter !== null) return false;
  if (quantity === 0) return true;
  if (model.scheme === 'per_unit') return Number(model.unitAmount) === 0;
  return model.tiers.every(({ unitAmount, flatAmount }) => Number(unitAmount) === 0 && Number(flatAmount) === 0);
}

function startAnew(world: World, _random: Random, subscription: Subscription): Change | undefined {
  return canStartAnew(world, subscription) ? ANEW : undefined;
}

function changeQuantity(_world: World, random: Random, { items }: Subscription): Change | undefined {
  const item = pickOf(
    random,
    items.filter(({ quantity }) => quantity !== null),
  );
  if (item === undefined) return undefined;
  const quantity = unitsOf(random, item.price);
  return quantity === item.quantity ? undefined : { item, to: { ...item, quantity } };
}

function changePrice(world: World, random: Random, subscription: Subscription): Change | undefined {
  const item = random.pick(subscription.items);
  const price = pickOf(random, othersOf(world, subscription, item));
  return price === undefined
    ? undefined
    : { item, to: { name: item.name, price, quantity: quantityOf(random, price) } };
}

function addItem(world: World, random: Random, subscription: Subscription): Change | undefined {
  const price = pickOf(random, othersOf(world, subscription, null));
  if (price === undefined || subscription.items.length >= 3) return undefined;
  return { item: null, to: { name: nameOf(world, 'si'), price, quantity: quantityOf(random, price) } };
}

function dropItem(_world: World, random: Random, { items }: Subscription): Change | undefined {
  return items.length < 2 ? undefined : { item: random.pick(items), to: null };
}

/** Prices that it has not, and that go together with what it keeps: of any rhythm where it is flexible, or keeps nothing. */
function othersOf(world: World, { items, mode }: Subscription, leaving: Item | null): Price[] {
  const kept = items.filter((item) => item !== leaving).map(({ price }) => price.name);
  return companions(world, mode, kept).filter((price) => items.every((item) => item.price !== price));
}

function quantityOf(random: Random, price: Price): number | null {
  return price.meter === null ? unitsOf(random, price) : null;
}

function paramsOf(remote: Remote, { item, to }: Change) {
  const id = item === null ? {} : { id: remote.id(item.name) };
  if (to === null) return { ...id, deleted: true };
  return { ...id, price: remote.id(to.price.name), quantity: to.quantity ?? undefined };
}
