import { DAY } from './calendar.ts';
import { totalsOf } from './totals.ts';
import { type Invoice, named, type Subscription, type World } from './world.ts';

/** The least that a card is charged, in minor units, and the most. */
const LEAST: Readonly<Record<string, bigint>> = { usd: 50n, eur: 50n, gbp: 30n, jpy: 50n };
const MOST = 99_999_999n;

/** Makes a draft final: its lines, its number, and what of it and of the customer's balance is due. */
export function finalize(world: World, invoice: Invoice): void {
  const customer = named(world.customers, invoice.customer);
  const totals = totalsOf(world, invoice);
  const sum = totals.total + customer.balance;
  const due = dueOf(sum, world.currency);
  invoice.totals = totals;
  invoice.starting = customer.balance;
  invoice.due = due;
  invoice.ending = sum - due;
  invoice.number = customer.nextNumber;
  invoice.finalizedAt = world.now;
  invoice.finalizesAt = null;
  invoice.status = 'open';
  customer.nextNumber += 1;
  customer.balance = invoice.ending;
  if (due === 0n) settle(world, invoice);
}

/** Credit leaves nothing due; what is too small or too large to be charged stays on the balance. */
function dueOf(sum: bigint, currency: string): bigint {
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
  const isDue = !invoice.attempted || (invoice.retryAt !== null && invoice.retryAt <= world.now);
  if (isDue) {
    invoice.attempts = invoice.attempted ? invoice.attempts + 1 : Math.max(invoice.attempts, 1);
    invoice.attempted = true;
    invoice.retryAt = null;
  }
  const isPaid = named(world.customers, invoice.customer).card === 'pays';
  if (isPaid) settle(world, invoice);
  else {
    const isCharged = invoice.autoAdvance && !invoice.sent && isDue;
    const days = isCharged ? world.retryDays[invoice.attempts - 1] : undefined;
    if (days !== undefined) invoice.retryAt = world.now + days * DAY;
    else if (isCharged) invoice.autoAdvance = false;
    follow(world, invoice);
  }
  return isPaid;
}

/** Paid, by whatever means. */
export function settle(world: World, invoice: Invoice): void {
  invoice.status = 'paid';
  invoice.paid = invoice.due;
  invoice.paidAt = world.now;
  invoice.attempted = true;
  stop(invoice);
  follow(world, invoice);
}

/** Voiding gives the balance back what finalization took of it, and takes back what it left there. */
export function voidInvoice(world: World, invoice: Invoice): void {
  invoice.status = 'void';
  invoice.voidedAt = world.now;
  stop(invoice);
  named(world.customers, invoice.customer).balance += invoice.starting - invoice.ending!;
  const latest = latestOf(world, invoice.subscription);
  if (latest?.status !== 'open') standAs(world, invoice.subscription, 'active');
}

/** Somebody forgives it, which counts as if it were paid. */
export function forgive(world: World, invoice: Invoice): void {
  invoice.status = 'uncollectible';
  stop(invoice);
  follow(world, invoice);
}

/** What is sent is not paid when its date has passed. */
export function passDate(world: World, invoice: Invoice): void {
  invoice.overdueAt = null;
  if (latestOf(world, invoice.subscription) === invoice) standAs(world, invoice.subscription, 'past_due');
}

/** A subscription is past due while its latest invoice could not be charged. */
function follow(world: World, invoice: Invoice): void {
  if (latestOf(world, invoice.subscription) !== invoice) return;
  if (invoice.status !== 'open') standAs(world, invoice.subscription, 'active');
  else if (!invoice.sent) standAs(world, invoice.subscription, 'past_due');
}

/** The invoice of a subscription that was finalized last, of those that asked for something and are not void. */
function latestOf(world: World, subscription: string | null): Invoice | undefined {
  const final = world.invoices.filter(
    (invoice) => invoice.subscription === subscription && invoice.finalizedAt !== null && invoice.status !== 'void',
  );
  const asking = final.filter(({ totals }) => totals !== null && totals.total > 0n);
  return asking.toSorted((a, b) => a.finalizedAt! - b.finalizedAt!).at(-1);
}

/** Only what is active can become past due, and only that active again. */
function standAs(world: World, name: string | null, status: 'active' | 'past_due'): void {
  const subscription = world.subscriptions.find((each) => each.name === name);
  if (subscription === undefined || !['active', 'past_due'].includes(subscription.status)) return;
  subscription.status = status;
}

/** Nothing more comes by itself. */
function stop(invoice: Invoice): void {
  invoice.autoAdvance = false;
  invoice.finalizesAt = null;
  invoice.retryAt = null;
  invoice.overdueAt = null;
}

/** Nothing more is billed of a subscription. */
export function end(world: World, subscription: Subscription): void {
  subscription.status = 'canceled';
  subscription.endedAt = world.now;
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
