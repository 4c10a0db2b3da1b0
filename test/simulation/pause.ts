import { currentPeriod, issue, unitsOfPeriod } from './bill.ts';
import { boundary, cut, HOUR, periodAt } from './calendar.ts';
import { countedFrom } from './closed.ts';
import { creditsOf, isBeforeBilling, join, restsOf } from './change.ts';
import { followPeriods } from './ending.ts';
import { collect, finalize, followResumed, forgetResumption, markVoid } from './settle.ts';
import { lasting } from './worth.ts';
import { type BeforeResume, type Charge, type Invoice, type Pending, type Subscription, type World } from './world.ts';

export type Pause = { readonly usage: boolean; readonly unused: boolean; readonly invoiced: boolean };

/** Bills nothing more; what was used is billed, and what is paid for and not used is given back, where that is wanted. */
export function pause(world: World, subscription: Subscription, { usage, unused, invoiced }: Pause): void {
  const isPaid = !isBeforeBilling(subscription, world.now);
  const own = lasting(subscription, world.now);
  const owed = own.items.flatMap((item): Pending[] => [
    ...(usage ? restsOf(world, own, item, [], false) : []),
    ...(unused && isPaid ? creditsOf(world, own, item, { start: world.now, end: item.period.end }) : []),
  ]);
  const { start } = currentPeriod(subscription);
  world.pending.push(...owed.toReversed());
  subscription.status = 'paused';
  subscription.pausedAt = world.now;
  if (!invoiced || owed.length === 0) return;
  const period = { start, end: world.now };
  const invoice = issue(world, subscription, { reason: 'subscription_update', period, charges: [] });
  finalize(world, invoice);
  collect(world, invoice);
}

export type Resume = {
  readonly anchor: 'now' | 'unchanged';
  readonly behavior: 'always_invoice' | 'create_prorations' | 'none';
  readonly waitsFor: 'attempt' | 'success';
};

/** Goes on, with periods of its own from now on, or with the rest of those of its old cycle. */
export function resume(world: World, subscription: Subscription, how: Resume): void {
  const before = timesOf(subscription);
  const invoice = how.anchor === 'now' ? startAnew(world, subscription) : goOn(world, subscription, how.behavior);
  if (subscription.pausedAt === world.now) {
    for (const item of subscription.items) if (item.quantity === null) item.usedFrom = world.now + 1;
  }
  for (const item of subscription.items) item.usedFrom = countedFrom(world, subscription.customer, item);
  if (invoice === undefined) return void (subscription.status = 'active');
  subscription.status = 'paused';
  const isTried = how.waitsFor === 'success';
  invoice.autoAdvance = isTried;
  subscription.resumption = { invoice, until: world.now + RESUMPTION, needsSuccess: isTried, before };
  finalize(world, invoice);
  if (isTried) collect(world, invoice);
  if (invoice.status === 'paid') followResumed(subscription, invoice);
}

function timesOf({ anchor, freeUntil, endsAt, items }: Subscription): BeforeResume {
  const times = items.map(({ name, period, usedFrom, billed }) => [name, { period, usedFrom, billed }] as const);
  return { anchor, freeUntil, endsAt, items: new Map(times) };
}

/** How long somebody may try to pay the invoice of a resume. */
const RESUMPTION = 23 * HOUR;

/** It has not ended the pause: the invoice is void, and the subscription can be resumed another time. */
export function expireResumption(world: World, subscription: Subscription): void {
  const { invoice } = subscription.resumption!;
  forgetResumption(subscription);
  if (invoice.status === 'open') markVoid(world, invoice);
}

function startAnew(world: World, subscription: Subscription): Invoice | undefined {
  const { endsAt, items } = subscription;
  subscription.anchor = world.now;
  subscription.freeUntil = null;
  for (const item of items) {
    item.period = cut({ start: world.now, end: boundary(world.now, item.price.every, 1) }, endsAt);
    item.usedFrom = null;
    item.billed = '0';
  }
  subscription.status = 'active';
  subscription.items = followPeriods(subscription, items, world.now);
  const charges = subscription.items
    .toReversed()
    .flatMap((item): Charge[] => (item.quantity === null ? [] : unitsOfPeriod(subscription, item, item.period)));
  if (charges.length === 0) return undefined;
  return issue(world, subscription, {
    reason: 'subscription_update',
    period: { start: world.now, end: world.now },
    charges,
  });
}

/** As if all items were added now: what they have of the period is charged, unless it is paid for. */
function goOn(world: World, subscription: Subscription, behavior: Resume['behavior']): Invoice | undefined {
  const { anchor, endsAt, items } = subscription;
  subscription.status = 'active';
  for (const item of items) {
    item.period = cut(periodAt(anchor, item.price.every, world.now), endsAt);
    item.usedFrom = item.quantity === null && world.now > item.period.start ? world.now : null;
    item.billed = '0';
  }
  subscription.items = followPeriods(subscription, items, anchor);
  if (behavior === 'none' || isBeforeBilling(subscription, world.now)) return undefined;
  const own = lasting(subscription, world.now);
  const owed = own.items.flatMap((item) => join(world, own, item, world.now));
  world.pending.push(...owed.toReversed());
  if (behavior !== 'always_invoice' || owed.length === 0) return undefined;
  const period = { start: currentPeriod(subscription).start, end: world.now };
  return issue(world, subscription, { reason: 'subscription_update', period, charges: [] });
}
