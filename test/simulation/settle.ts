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

/** Charges what is open and goes on by itself to the customer's card. */
export function collect(world: World, invoice: Invoice): void {
  if (invoice.status !== 'open' || !invoice.autoAdvance || invoice.sent) return;
  attempt(world, invoice);
}

/** A payment is tried. False: the card was declined, or there is none. */
export function attempt(world: World, invoice: Invoice): boolean {
  invoice.attempted = true;
  invoice.attempts = Math.max(invoice.attempts, 1);
  if (named(world.customers, invoice.customer).card !== 'pays') return false;
  settle(world, invoice);
  return true;
}

/** Paid, by whatever means. */
export function settle(world: World, invoice: Invoice): void {
  invoice.status = 'paid';
  invoice.paid = invoice.due;
  invoice.paidAt = world.now;
  invoice.attempted = true;
  invoice.autoAdvance = false;
}

/** Voiding gives the balance back what finalization took of it, and takes back what it left there. */
export function voidInvoice(world: World, invoice: Invoice): void {
  invoice.status = 'void';
  invoice.voidedAt = world.now;
  invoice.autoAdvance = false;
  named(world.customers, invoice.customer).balance += invoice.starting - invoice.ending!;
}

/** Ends a subscription at once: nothing more is billed, and what is not settled goes on by itself no more. */
export function cancel(world: World, subscription: Subscription): void {
  stopInvoices(world, subscription);
  end(world, subscription);
}

export function end(world: World, subscription: Subscription): void {
  subscription.status = 'canceled';
  subscription.endedAt = world.now;
}

export function stopInvoices(world: World, subscription: Subscription): void {
  for (const invoice of world.invoices) {
    if (invoice.subscription !== subscription.name || !['draft', 'open'].includes(invoice.status)) continue;
    invoice.autoAdvance = false;
    invoice.finalizesAt = null;
  }
}
