import { billEnd, nextRenewal, renew } from './bill.ts';
import { expireResumption } from './pause.ts';
import { checkThresholds, watch } from './threshold.ts';
import { HOUR } from './calendar.ts';
import { collect, end, finalize, markVoid, passDate, stopInvoices } from './settle.ts';
import { type Invoice, isLive, type Subscription, type World } from './world.ts';

/** Something that is to be done at a time; of one instant the lower rank comes first, then what was made earlier. */
type Due = { readonly at: number; readonly rank: number; readonly order: number; readonly act: () => void };

/** Moves the clock to a time, doing on the way what is due, each at its own time. */
export function advance(world: World, to: number): void {
  watch(world);
  for (let next = nextDue(world); next !== undefined && next.at <= to; next = nextDue(world)) {
    world.now = Math.max(world.now, next.at);
    next.act();
  }
  world.now = to;
}

/** When something is due next, if anything. */
export function nextTime(world: World): number | undefined {
  return nextDue(world)?.at;
}

function nextDue(world: World): Due | undefined {
  const [first] = allDue(world).toSorted((a, b) => a.at - b.at || a.rank - b.rank || a.order - b.order);
  return first;
}

function allDue(world: World): Due[] {
  return [
    ...world.subscriptions.flatMap((subscription, order) =>
      dueOf(world, subscription).map((due) => ({ ...due, order })),
    ),
    ...world.invoices.flatMap((invoice, order) => dueOfInvoice(world, invoice).map((due) => ({ ...due, order }))),
  ];
}

function dueOfInvoice(world: World, invoice: Invoice): Omit<Due, 'order'>[] {
  const { collectsAt, finalizesAt, overdueAt, retryAt, status } = invoice;
  if (status === 'draft' && finalizesAt !== null) {
    const act = () => {
      finalize(world, invoice);
      if (invoice.status === 'open' && invoice.autoAdvance && !invoice.sent) invoice.collectsAt = world.now;
    };
    return [{ at: finalizesAt, rank: 30, act }];
  }
  if (status !== 'open') return [];
  return [
    ...[collectsAt, retryAt].flatMap((at) =>
      at === null ? [] : [{ at, rank: 40, act: () => collect(world, invoice) }],
    ),
    ...(overdueAt === null ? [] : [{ at: overdueAt, rank: 45, act: () => passDate(world, invoice) }]),
  ];
}

/** How long the first invoice of a subscription can be paid. */
const INCOMPLETE = 23 * HOUR;

function dueOf(world: World, subscription: Subscription): Omit<Due, 'order'>[] {
  const { checkAt, createdAt, endsAt, hold, resumption, status } = subscription;
  if (!isLive(subscription)) return [];
  const others: Omit<Due, 'order'>[] = [];
  if (checkAt !== null) others.push({ at: checkAt, rank: 50, act: () => checkThresholds(world, subscription) });
  if (resumption !== null)
    others.push({ at: resumption.until, rank: 18, act: () => expireResumption(world, subscription) });
  if (hold?.until != null) others.push({ at: hold.until, rank: 14, act: () => void (subscription.hold = null) });
  if (status === 'incomplete')
    return [...others, { at: createdAt + INCOMPLETE, rank: 24, act: () => expire(world, subscription) }];
  const next = nextRenewal(subscription);
  // What is paused has no further period.
  if (endsAt !== null && (endsAt <= next || status === 'paused'))
    return [...others, { at: endsAt, rank: 16, act: () => endByItself(world, subscription) }];
  if (status === 'paused') return others;
  const rank = status === 'trialing' ? 10 : 20;
  return [...others, { at: next, rank, act: () => void renew(world, subscription) }];
}

/** What was never paid is over, and its first invoice void. */
function expire(world: World, subscription: Subscription): void {
  for (const invoice of world.invoices) {
    if (invoice.subscription === subscription.name && invoice.status === 'open') markVoid(world, invoice);
  }
  subscription.status = 'incomplete_expired';
  subscription.endedAt = world.now;
}

function endByItself(world: World, subscription: Subscription): void {
  // What was there before goes on by itself no more; what the end makes does.
  stopInvoices(world, subscription);
  billEnd(world, subscription);
  end(world, subscription);
}
