import { billEnd, nextRenewal, renew } from './bill.ts';
import { collect, end, finalize, passDate, stopInvoices } from './settle.ts';
import { isLive, type Subscription, type World } from './world.ts';

/** Something that is to be done at a time; of one instant the lower rank comes first, then what was made earlier. */
type Due = { readonly at: number; readonly rank: number; readonly order: number; readonly act: () => void };

/** Moves the clock to a time, doing on the way what is due, each at its own time. */
export function advance(world: World, to: number): void {
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
  const periods = world.subscriptions.flatMap((subscription, order) =>
    isLive(subscription) ? [{ at: nextRenewal(subscription), order, ...endOfPeriod(world, subscription) }] : [],
  );
  const drafts = world.invoices.flatMap((invoice, order) => {
    if (invoice.status !== 'draft' || invoice.finalizesAt === null) return [];
    const act = () => {
      finalize(world, invoice);
      collect(world, invoice);
    };
    return [{ at: invoice.finalizesAt, rank: 30, order, act }];
  });
  const open = world.invoices.flatMap((invoice, order) => {
    if (invoice.status !== 'open') return [];
    const { retryAt, overdueAt } = invoice;
    return [
      ...(retryAt === null ? [] : [{ at: retryAt, rank: 40, order, act: () => collect(world, invoice) }]),
      ...(overdueAt === null ? [] : [{ at: overdueAt, rank: 45, order, act: () => passDate(world, invoice) }]),
    ];
  });
  return [...periods, ...drafts, ...open];
}

/** A trial ends, a subscription ends with its period, or it goes on. */
function endOfPeriod(world: World, subscription: Subscription): Pick<Due, 'rank' | 'act'> {
  const { status, endsWithPeriod } = subscription;
  const act = () => {
    // What was there before goes on by itself no more; what the end makes does.
    stopInvoices(world, subscription);
    billEnd(world, subscription);
    end(world, subscription);
  };
  if (endsWithPeriod) return { rank: 16, act };
  return { rank: status === 'trialing' ? 10 : 20, act: () => void renew(world, subscription) };
}
