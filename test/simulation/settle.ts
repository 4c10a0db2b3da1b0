import { DAY } from './calendar.ts';
import { totalsOf, usedOf } from './totals.ts';
import { type Invoice, named, note, type Subscription, type World } from './world.ts';

/** The least that a card is charged, in minor units, and the most. */
const LEAST: Readonly<Record<string, bigint>> = { usd: 50n, eur: 50n, gbp: 30n, jpy: 50n };
const MOST = 99_999_999n;

/** Makes a draft final; where nothing is due that has paid it. */
export function finalize(world: World, invoice: Invoice): void {
  freeze(world, invoice);
  if (invoice.due === 0n) settle(world, invoice);
}

/** What is made at once is final at once, and charged, unless it is sent or nobody is to pay it. */
export function collectNow(world: World, subscription: Subscription, invoice: Invoice): void {
  settleHeld(world, subscription, invoice);
  if (invoice.sent || !invoice.autoAdvance) return;
  finalize(world, invoice);
  collect(world, invoice);
}

/** While nobody is to pay them, invoices are final at once, and void or given up where the balance does not pay them. */
export function settleHeld(world: World, { hold }: Subscription, invoice: Invoice): void {
  if (hold === null || hold.behavior === 'keep_as_draft') return;
  freeze(world, invoice);
  if (invoice.due === 0n) markPaid(world, invoice);
  else if (hold.behavior === 'void') markVoid(world, invoice);
  else {
    invoice.isHeld = true;
    invoice.status = 'uncollectible';
    stop(invoice);
    note(world, invoice, 'marked_uncollectible');
  }
}

/** Its lines, its number, and what of it and of the customer's balance is due. */
function freeze(world: World, invoice: Invoice): void {
  const customer = named(world.customers, invoice.customer);
  const totals = totalsOf(world, invoice);
  const sum = totals.total + customer.balance;
  const due = dueOf(sum, world.currency);
  invoice.totals = totals;
  for (const charge of invoice.charges) {
    if (charge.kind === 'usage' || charge.kind === 'late')
      invoice.used.set(charge, usedOf(world, invoice.customer, charge));
  }
  invoice.starting = customer.balance;
  invoice.due = due;
  invoice.ending = sum - due;
  invoice.number = customer.nextNumber;
  invoice.finalizedAt = world.now;
  invoice.finalizesAt = null;
  invoice.status = 'open';
  customer.nextNumber += 1;
  customer.balance = invoice.ending;
  note(world, invoice, 'finalized');
}

/** Credit leaves nothing due; what is too small or too large to be charged stays on the balance. */
export function dueOf(sum: bigint, currency: string): bigint {
  if (sum < LEAST[currency]!) return 0n;
  return sum > MOST ? MOST : sum;
}

/** Charges what is open and goes on by itself to the customer's card, for the first time or again. */
export function collect(world: World, invoice: Invoice): void {
  if (invoice.status !== 'open' || !invoice.autoAdvance || invoice.sent) return;
  attempt(world, invoice);
}

/**
 * A payment is tried. False: the card was declined. Any attempt counts as the first; after that only those that are due by
 * themselves count.
 */
export function attempt(world: World, invoice: Invoice): boolean {
  invoice.collectsAt = null;
  const isDue = !invoice.attempted || (invoice.retryAt !== null && invoice.retryAt <= world.now);
  if (isDue) {
    invoice.attempts = invoice.attempted ? invoice.attempts + 1 : Math.max(invoice.attempts, 1);
    invoice.attempted = true;
    invoice.retryAt = null;
  }
  const isPaid = named(world.customers, invoice.customer).card === 'pays';
  if (isPaid) settle(world, invoice);
  else {
    const isCharged = invoice.autoAdvance && !invoice.sent && isDue && !isAwaited(world, invoice);
    const days = isCharged ? world.retryDays[invoice.attempts - 1] : undefined;
    if (days !== undefined) invoice.retryAt = world.now + days * DAY;
    else if (isCharged) invoice.autoAdvance = false;
    follow(world, invoice);
  }
  return isPaid;
}

/** The first payment of a subscription is not tried again by itself. */
function isAwaited({ subscriptions }: World, { subscription }: Invoice): boolean {
  return subscriptions.some(({ name, status }) => name === subscription && status === 'incomplete');
}

/** Paid, by whatever means. */
export function settle(world: World, invoice: Invoice): void {
  markPaid(world, invoice);
  follow(world, invoice);
}

function markPaid(world: World, invoice: Invoice): void {
  invoice.status = 'paid';
  invoice.paid = invoice.due;
  invoice.paidAt = world.now;
  invoice.attempted = true;
  stop(invoice);
  note(world, invoice, 'paid');
}

/** What is void is owed no more: what counts for its subscription is the invoice before it. */
export function voidInvoice(world: World, invoice: Invoice): void {
  markVoid(world, invoice);
  const subscription = world.subscriptions.find(({ name }) => name === invoice.subscription);
  if (subscription === undefined || subscription.status === 'incomplete') return;
  if (subscription.resumption?.invoice === invoice) return forgetResumption(subscription);
  if (latestOf(world, invoice.subscription)?.status !== 'open') standAs(world, subscription, 'settled');
}

/** A resume that came to nothing: when it is billed is as if nobody had asked. */
export function forgetResumption(subscription: Subscription): void {
  const { anchor, freeUntil, endsAt, items } = subscription.resumption!.before;
  Object.assign(subscription, { anchor, freeUntil, resumption: null });
  if (subscription.endsWithPeriod) subscription.endsAt = endsAt;
  for (const item of subscription.items) Object.assign(item, items.get(item.name));
}

/** Voiding gives the balance back what finalization took of it, and takes back what it left there. */
export function markVoid(world: World, invoice: Invoice): void {
  invoice.status = 'void';
  invoice.voidedAt = world.now;
  stop(invoice);
  named(world.customers, invoice.customer).balance += invoice.starting - invoice.ending!;
  for (const charge of invoice.charges) {
    if ('counts' in charge && charge.counts !== null) charge.counts.isVoid = true;
  }
  note(world, invoice, 'voided');
}

/** Somebody forgives it, which counts as if it were paid. */
export function forgive(world: World, invoice: Invoice): void {
  invoice.status = 'uncollectible';
  stop(invoice);
  note(world, invoice, 'marked_uncollectible');
  follow(world, invoice);
}

/** What is sent is not paid when its date has passed. */
export function passDate(world: World, invoice: Invoice): void {
  invoice.overdueAt = null;
  const subscription = world.subscriptions.find(({ name }) => name === invoice.subscription);
  if (subscription !== undefined && latestOf(world, invoice.subscription) === invoice)
    standAs(world, subscription, 'failed');
}

/** A subscription is past due while its latest invoice could not be charged. */
function follow(world: World, invoice: Invoice): void {
  const subscription = world.subscriptions.find(({ name }) => name === invoice.subscription);
  if (subscription?.resumption?.invoice === invoice) return followResumed(subscription, invoice);
  // Where no invoice has asked for anything yet, the first one begins the subscription all the same.
  const latest = latestOf(world, invoice.subscription) ?? invoice;
  if (subscription === undefined || latest !== invoice) return;
  if (invoice.status !== 'open') standAs(world, subscription, 'settled');
  else if (!invoice.sent) standAs(world, subscription, 'failed');
}

/** What is resumed is active with its payment; where an attempt is enough, a failed one makes it past due. */
export function followResumed(subscription: Subscription, { status }: Invoice): void {
  const { resumption } = subscription;
  if (subscription.status !== 'paused' || resumption === null) return;
  if (status === 'open' && resumption.needsSuccess) return;
  subscription.status = status === 'open' ? 'past_due' : 'active';
  subscription.resumption = null;
}

/** The invoice of a subscription that was finalized last, of those that asked for something and count for its standing. */
function latestOf(world: World, subscription: string | null): Invoice | undefined {
  const final = world.invoices.filter(
    (invoice) =>
      invoice.subscription === subscription &&
      invoice.finalizedAt !== null &&
      invoice.status !== 'void' &&
      !(invoice.isHeld && invoice.status === 'uncollectible'),
  );
  const asking = final.filter(({ totals }) => totals !== null && totals.total > 0n);
  return asking.toSorted((a, b) => a.finalizedAt! - b.finalizedAt!).at(-1);
}

/**
 * Only what is active can become past due, and only that active again. What waits for its first payment is active with
 * that, or begins its trial.
 */
function standAs(world: World, subscription: Subscription, outcome: 'settled' | 'failed'): void {
  const { status, trialEnd } = subscription;
  if (status === 'active' && outcome === 'failed') subscription.status = 'past_due';
  if (outcome === 'failed' || (status !== 'past_due' && status !== 'incomplete')) return;
  subscription.status = trialEnd !== null && trialEnd > world.now ? 'trialing' : 'active';
}

/** Nothing more comes by itself. */
function stop(invoice: Invoice): void {
  invoice.autoAdvance = false;
  invoice.finalizesAt = null;
  invoice.collectsAt = null;
  invoice.retryAt = null;
  invoice.overdueAt = null;
}

/** Nothing more is billed of a subscription. */
export function end(world: World, subscription: Subscription): void {
  subscription.status = 'canceled';
  subscription.endedAt = world.now;
  subscription.checkAt = null;
}

/** What is not settled of a subscription goes on by itself no more. */
export function stopInvoices(world: World, subscription: Subscription): void {
  for (const invoice of world.invoices) {
    if (invoice.subscription !== subscription.name || !['draft', 'open'].includes(invoice.status)) continue;
    const { overdueAt } = invoice;
    stop(invoice);
    invoice.overdueAt = overdueAt;
  }
}
