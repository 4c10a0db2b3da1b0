import { naiveTotal } from '../support/naive-rating.ts';
import { boundary, boundaryAfter, DAY, HOUR } from './calendar.ts';
import { computeTotals } from './totals.ts';
import {
  type Charge,
  type Coupon,
  type Debit,
  type Discount,
  type Invoice,
  isLive,
  type Item,
  nameOf,
  type Pending,
  type Subscription,
  type World,
} from './world.ts';

/** Ends of the periods of an active subscription: the next invoice is due at the earliest. */
export function nextRenewal({ items }: Subscription): number {
  return Math.min(...items.map(({ period }) => period.end));
}

/**
 * The invoice with which a subscription begins: licensed items in advance. Metered ones are announced by a line of nothing on
 * classic subscriptions, and left out on flexible ones. Without lines there is none.
 */
export function billBeginning(world: World, subscription: Subscription): Invoice | undefined {
  const nothing = { start: world.now, end: world.now };
  const free = subscription.status === 'trialing';
  const charges = subscription.items.toReversed().flatMap((item): Charge[] => {
    const { name, price, quantity, period } = item;
    if (quantity !== null) return [{ ...units(item, period), free }];
    if (subscription.mode === 'flexible') return [];
    return [{ kind: 'units', item: name, price, period: nothing, quantity: '0', announces: true, free }];
  });
  if (charges.length === 0) return undefined;
  return issue(world, subscription, { reason: 'subscription_create', period: nothing, charges });
}

/** The invoice of the periods that end now: usage of the period that is over, units of the next. The items go on. */
export function renew(world: World, subscription: Subscription): Invoice {
  const end = nextRenewal(subscription);
  const period = { start: Math.max(...subscription.items.map((item) => item.period.start)), end };
  const ending = subscription.items.filter((item) => item.period.end === end);
  const charges = ending.toReversed().map((item): Charge => {
    if (item.quantity === null) return usage(subscription, item, end);
    return units(item, { start: end, end: boundaryAfter(subscription.anchor, item.price.every, end) });
  });
  const invoice = issue(world, subscription, { reason: 'subscription_cycle', period, charges });
  for (const item of ending) {
    item.period = { start: end, end: boundaryAfter(subscription.anchor, item.price.every, end) };
    item.usedFrom = null;
    item.debits = debitsOf(item);
  }
  if (subscription.status === 'trialing') subscription.status = 'active';
  return invoice;
}

/**
 * A subscription ends with its period: usage of that is billed, and what is pending, but no units. A trial ends without a
 * line of its own, and what is pending for any invoice makes none.
 */
export function billEnd(world: World, subscription: Subscription): void {
  const end = nextRenewal(subscription);
  const period = { start: Math.max(...subscription.items.map((item) => item.period.start)), end };
  const isFree = subscription.status === 'trialing';
  const metered = isFree ? [] : subscription.items.filter(({ quantity }) => quantity === null);
  const charges = metered.toReversed().map((item) => usage(subscription, item, end));
  const isOwed = world.pending.some((item) => item.subscription === subscription.name);
  if (charges.length > 0 || isOwed) issue(world, subscription, { reason: 'subscription_cycle', period, charges });
}

/** The last invoice of a subscription that ends now: what was used so far, this second included, and its prorations. */
export function billEndNow(world: World, subscription: Subscription): void {
  const { items, name, status } = subscription;
  const period = { start: Math.max(...items.map((item) => item.period.start)), end: world.now };
  const metered = status === 'trialing' ? [] : items.filter(({ quantity }) => quantity === null);
  const used = metered.toReversed().map((item) => usage(subscription, item, Math.min(item.period.end, world.now + 1)));
  const charges = [...take(world, (item) => item.subscription === name && item.proration), ...used];
  if (charges.length > 0) issueWith(world, subscription, { reason: 'subscription_update', period, charges });
}

/** What was used of an item up to a time, since its period began or since it had its price. */
function usage({ status }: Subscription, { name, price, usedFrom, period }: Item, end: number): Charge {
  const used = { start: usedFrom ?? period.start, end };
  return { kind: 'usage', item: name, price, period: used, free: status === 'trialing' };
}

/** What is asked for in advance for the current period of an item: all its lines together. */
export function debitsOf({ price, quantity, period }: Pick<Item, 'price' | 'quantity' | 'period'>): Debit[] {
  if (quantity === null) return [];
  return [{ amount: naiveTotal(price.model, String(quantity)), quantity, period }];
}

function units({ name, price, quantity }: Item, period: Invoice['period']) {
  return {
    kind: 'units',
    item: name,
    price,
    period,
    quantity: String(quantity),
    announces: false,
    free: false,
  } as const;
}

type Bill = Pick<Invoice, 'reason' | 'period' | 'charges'>;

/** Makes the draft of an invoice of a subscription, with what is pending for it, newest first, before its own lines. */
function issue(world: World, subscription: Subscription, bill: Bill): Invoice {
  const { customer: of, name: own } = subscription;
  // What is pending for one that has ended is on no other invoice.
  const isOver = (name: string) => world.subscriptions.some((one) => one.name === name && !isLive(one));
  const isOwed = ({ customer, subscription: named }: Pending) =>
    customer === of && (named === null || named === own || isOver(named));
  return issueWith(world, subscription, { ...bill, charges: [...take(world, isOwed), ...bill.charges] });
}

function issueWith(world: World, subscription: Subscription, bill: Bill): Invoice {
  const { charges } = bill;
  const { name, customer, rates, sent } = subscription;
  const discounts = inherit(world, subscription, charges);
  const finalizesAt = world.now + world.draftHours * HOUR;
  return addInvoice(world, {
    ...bill,
    customer,
    subscription: name,
    sent,
    rates,
    charges,
    discounts,
    finalizesAt,
    autoAdvance: true,
  });
}

/** All that waits for an invoice of a customer, which is then on one. */
export function takePending(world: World, customer: string): Charge[] {
  return take(world, (item) => item.customer === customer);
}

/** What is pending and is taken is pending no more; newest first. */
function take(world: World, isTaken: (item: Pending) => boolean): Charge[] {
  const taken = world.pending.filter(isTaken);
  for (const item of taken) world.pending.splice(world.pending.indexOf(item), 1);
  return taken.toReversed().map(({ name, amount, discountable, quantity, period }) => ({
    kind: 'once',
    name,
    amount,
    discountable,
    quantity,
    period,
  }));
}

/**
 * The discounts that an invoice has from its subscription: those that have not ended. What applies once waits for an
 * invoice that charges something that it can be taken off, and is gone with it.
 */
function inherit(world: World, subscription: Subscription, charges: readonly Charge[]): Coupon[] {
  const discountable = charges.filter((charge) => charge.kind !== 'once' || charge.discountable);
  const { subtotal } = computeTotals(world, subscription.customer, discountable, { discounts: [], rates: [] });
  const running = subscription.discounts.filter(({ end }) => end === null || end > world.now);
  const isOnce = ({ coupon }: Discount) => coupon.duration === 'once';
  const applying = running.filter((discount) => !isOnce(discount) || subtotal > 0n);
  subscription.discounts = running.filter((discount) => !(isOnce(discount) && applying.includes(discount)));
  return applying.map(({ coupon }) => coupon);
}

/** A coupon that is put on a subscription now. */
export function discountOf(world: World, coupon: Coupon): Discount {
  const { duration } = coupon;
  const months = { interval: 'month', count: 1 } as const;
  return { coupon, end: typeof duration === 'number' ? boundary(world.now, months, duration) : null };
}

/** Days to pay what is sent. */
export const DAYS_TO_PAY = 14;

type NewInvoice = Omit<Invoice, 'name' | 'createdAt' | 'overdueAt' | keyof typeof UNSETTLED>;

const UNSETTLED = {
  status: 'draft' as Invoice['status'],
  totals: null,
  number: null,
  starting: 0n,
  ending: null,
  due: 0n,
  paid: 0n,
  attempts: 0,
  attempted: false,
  retryAt: null,
  finalizedAt: null,
  paidAt: null,
  voidedAt: null,
};

export function addInvoice(world: World, invoice: NewInvoice): Invoice {
  const overdueAt = invoice.sent ? world.now + DAYS_TO_PAY * DAY : null;
  const added: Invoice = { name: nameOf(world, 'inv'), createdAt: world.now, overdueAt, ...UNSETTLED, ...invoice };
  world.invoices.push(added);
  return added;
}
