import { naiveRate } from '../support/naive-rating.ts';
import { boundary, boundaryAfter, cut, DAY, HOUR, share, type Span, wholeFrom } from './calendar.ts';
import { lateCharges } from './late.ts';
import { settleHeld } from './settle.ts';
import { computeTotals } from './totals.ts';
import {
  type Charge,
  type Coupon,
  type Debit,
  type Discount,
  type Invoice,
  isBilling,
  isLive,
  type Item,
  nameOf,
  note,
  type Pending,
  type Subscription,
  type World,
} from './world.ts';

/** Ends of the periods of an active subscription: the next invoice is due at the earliest. */
export function nextRenewal({ items }: Pick<Subscription, 'items'>): number {
  return Math.min(...items.map(({ period }) => period.end));
}

/** From the latest start of a period to the earliest end. */
export function currentPeriod(subscription: Pick<Subscription, 'items'>): Span {
  const start = Math.max(...subscription.items.map((item) => item.period.start));
  return { start, end: nextRenewal(subscription) };
}

/**
 * The invoice with which a subscription begins: licensed items in advance, of the periods since its start where that is
 * past. Metered ones bill such earlier periods on flexible subscriptions, and are announced by a line of nothing on classic
 * ones. Without lines there is none, nor before a billing cycle until which all is free.
 */
export function billBeginning(world: World, subscription: Subscription): Invoice | undefined {
  const { freeUntil, status } = subscription;
  if (freeUntil !== null && world.now < freeUntil) return undefined;
  const nothing = { start: world.now, end: world.now };
  const free = status === 'trialing';
  const charges = subscription.items.toReversed().flatMap((item): Charge[] => {
    const { name, price, quantity } = item;
    const periods = periodsSoFar(subscription, item);
    if (quantity !== null) return periods.flatMap((period) => unitsOfPeriod(subscription, item, period));
    const past = freeUntil === null ? periods.slice(0, -1) : [];
    if (subscription.mode === 'flexible')
      return past.map((period) => ({ kind: 'usage', item: name, price, period, free: false, billed: '0', used: null }));
    const announced = { kind: 'units', whole: nothing, counts: null, quantity: '0', announces: true } as const;
    return [{ ...announced, item: name, price, period: nothing, free }];
  });
  if (charges.length === 0) return undefined;
  return issue(world, subscription, { reason: 'subscription_create', period: nothing, charges });
}

/** The periods of an item since its subscription has started, the current one being the last. */
function periodsSoFar({ anchor, startedAt }: Subscription, { price, period }: Item): Span[] {
  if (period.start <= startedAt) return [period];
  const periods: Span[] = [];
  for (let start = startedAt; start < period.start; start = periods.at(-1)!.end)
    periods.push({ start, end: boundaryAfter(anchor, price.every, start) });
  return [...periods, period];
}

/** The invoice of the periods that end now: usage of the period that is over, units of the next. The items go on. */
export function renew(world: World, subscription: Subscription, reason = 'subscription_cycle'): Invoice {
  const period = currentPeriod(subscription);
  const ending = subscription.items.filter((item) => item.period.end === period.end);
  const charges = ending.toReversed().flatMap((item): Charge[] => {
    if (item.quantity === null) return [usage(subscription, item, period.end)];
    return unitsOfPeriod(subscription, item, nextPeriod(subscription, item));
  });
  // A period that a threshold has ended is billed without what came late for others: that waits for the next.
  if (reason === 'subscription_cycle') charges.push(...lateCharges(world, subscription));
  const invoice = issue(world, subscription, { reason, period, charges });
  for (const item of ending) {
    item.period = nextPeriod(subscription, item);
    item.usedFrom = null;
    item.billed = '0';
  }
  if (subscription.status === 'trialing') subscription.status = 'active';
  settleHeld(world, subscription, invoice);
  return invoice;
}

/** The period after the current one, the last of which ends with the subscription. */
function nextPeriod({ anchor, endsAt }: Subscription, { price, period }: Item): Span {
  return cut({ start: period.end, end: boundaryAfter(anchor, price.every, period.end) }, endsAt);
}

/**
 * A subscription ends with its period: usage of that is billed, and what is pending, but no units. A trial ends without a
 * line of its own, and what is pending for any invoice makes none.
 */
export function billEnd(world: World, subscription: Subscription): void {
  const period = currentPeriod(subscription);
  const ending = subscription.items.filter((item) => item.period.end === period.end);
  const metered = isBilling(subscription) ? ending.filter(({ quantity }) => quantity === null) : [];
  const used = metered.toReversed().map((item) => usage(subscription, item, period.end));
  const charges = [...used, ...lateCharges(world, subscription)];
  const isOwed = world.pending.some((item) => item.subscription === subscription.name);
  if (charges.length === 0 && !isOwed) return;
  const invoice = issue(world, subscription, { reason: 'subscription_cycle', period, charges });
  settleHeld(world, subscription, invoice);
}

/** The last invoice of a subscription that ends now: what was used so far, this second included, and its prorations. */
export function billEndNow(world: World, subscription: Subscription): void {
  const { items, name } = subscription;
  const period = { start: Math.max(...items.map((item) => item.period.start)), end: world.now };
  const metered = isBilling(subscription) ? items.filter(({ quantity }) => quantity === null) : [];
  const used = metered.toReversed().map((item) => usage(subscription, item, Math.min(item.period.end, world.now + 1)));
  const late = lateCharges(world, subscription);
  const charges = [
    ...take(world, (item) => item.subscription === name && (item.proration || item.rest !== null)),
    ...used,
    ...late,
  ];
  if (charges.length === 0) return;
  const invoice = issueWith(world, subscription, { reason: 'subscription_update', period, charges });
  settleHeld(world, subscription, invoice);
}

/** What was used of an item up to a time, since its period began or since it had its price. */
function usage({ status }: Subscription, item: Item, end: number): Charge {
  const { name, price, usedFrom, period, billed } = item;
  const used = { start: usedFrom ?? period.start, end };
  return { kind: 'usage', item: name, price, period: used, free: status === 'trialing', billed, used: null };
}

/** What is charged in advance for a period of an item: nothing where that is free, of a part of a period a share. */
export function unitsOfPeriod(subscription: Subscription, item: Item, period: Span): Charge[] {
  const { anchor, freeUntil, trialEnd } = subscription;
  const { name, price, quantity } = item;
  const free = trialEnd !== null && period.end <= trialEnd;
  if (!free && freeUntil !== null && period.start < freeUntil) return [];
  const whole = wholeFrom(anchor, price.every, period.start);
  const lines = naiveRate(price.model, String(quantity)).map(({ amount }) => share(amount, whole, period));
  const amount = lines.reduce((total, line) => total + line, 0n);
  const debit = { amount, price, quantity: quantity!, period, credits: [], isVoid: false, rates: null, invoice: null };
  if (!free && amount > 0n) item.debits.push(debit);
  const charge = { kind: 'units', item: name, price, period, whole, quantity: String(quantity) } as const;
  return [{ ...charge, counts: debit, announces: false, free }];
}

type Bill = Pick<Invoice, 'reason' | 'period' | 'charges'>;

/** Makes the draft of an invoice of a subscription, with what is pending for it, newest first, before its own lines. */
export function issue(world: World, subscription: Subscription, bill: Bill): Invoice {
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
  const isHeld = subscription.hold !== null;
  const finalizesAt = isHeld ? null : world.now + world.draftHours * HOUR;
  return addInvoice(world, {
    ...bill,
    customer,
    subscription: name,
    sent,
    rates,
    charges,
    discounts,
    finalizesAt,
    autoAdvance: !isHeld,
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
  return taken.toReversed().map(({ name, amount, discountable, quantity, period, counts, rates, rest }) => ({
    kind: 'once',
    counts,
    rates,
    rest,
    name,
    amount,
    discountable,
    quantity,
    period,
  }));
}

/** The discounts that an invoice has from its subscription; what applies once is gone with it. */
function inherit(world: World, subscription: Subscription, charges: readonly Charge[]): Coupon[] {
  const { applying, left } = inherited(world, subscription, charges);
  subscription.discounts = left;
  return applying.map(({ coupon }) => coupon);
}

/**
 * Of the discounts that have not ended those that an invoice has, and those that are left with it. What applies once waits for
 * an invoice that charges something that it can be taken off.
 */
export function inherited(world: World, subscription: Subscription, charges: readonly Charge[]) {
  const discountable = charges.filter((charge) => charge.kind !== 'once' || charge.discountable);
  const { subtotal } = computeTotals(world, subscription.customer, discountable, { discounts: [], rates: [] });
  const running = subscription.discounts.filter(({ end }) => end === null || end > world.now);
  const isOnce = ({ coupon }: Discount) => coupon.duration === 'once';
  const applying = running.filter((discount) => !isOnce(discount) || subtotal > 0n);
  return { applying, left: running.filter((discount) => !(isOnce(discount) && applying.includes(discount))) };
}

/** A coupon that is put on a subscription now. */
export function discountOf(world: World, coupon: Coupon): Discount {
  const { duration } = coupon;
  const months = { interval: 'month', count: 1 } as const;
  return { coupon, end: typeof duration === 'number' ? boundary(world.now, months, duration) : null };
}

/** Days to pay what is sent. */
export const DAYS_TO_PAY = 14;

type NewInvoice = Omit<Invoice, 'name' | 'createdAt' | 'overdueAt' | 'used' | keyof typeof UNSETTLED>;

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
  collectsAt: null,
  retryAt: null,
  isHeld: false,
  finalizedAt: null,
  paidAt: null,
  voidedAt: null,
};

export function addInvoice(world: World, invoice: NewInvoice): Invoice {
  const overdueAt = invoice.sent ? world.now + DAYS_TO_PAY * DAY : null;
  const added: Invoice = {
    name: nameOf(world, 'inv'),
    createdAt: world.now,
    overdueAt,
    used: new Map(),
    ...UNSETTLED,
    ...invoice,
  };
  for (const charge of added.charges) {
    if ('counts' in charge && charge.counts !== null && 'invoice' in charge.counts) {
      (charge.counts as Debit).invoice = added;
    }
  }
  world.invoices.push(added);
  note(world, added, 'created');
  return added;
}
