import { toldAnchor } from './ending.ts';
import type { Json, Remote } from './remote.ts';
import { totalsOf } from './totals.ts';
import type { Customer, Invoice, Line, Pending, Subscription, World } from './world.ts';

/*
 * What must be the same of the auditor's world and the server's account, in one shape: names instead of ids, amounts as
 * plain numbers. Each kind has two functions, one for either side.
 */

/** Ends the name of a subscription item where a line or a pending item is about a change of it. */
export const CHANGE = ' changed';

export type Shape = Readonly<Record<string, unknown>>;

export function expectedInvoice(world: World, invoice: Invoice): Shape {
  const { lines, subtotal, discount, tax, total } = totalsOf(world, invoice);
  const isDraft = invoice.status === 'draft';
  const balance = world.customers.find(({ name }) => name === invoice.customer)!.balance;
  const due = isDraft ? (total + balance > 0n ? total + balance : 0n) : invoice.due;
  return {
    customer: invoice.customer,
    subscription: invoice.subscription,
    reason: invoice.reason,
    created: invoice.createdAt,
    period: [invoice.period.start, invoice.period.end],
    status: invoice.status,
    number: invoice.number,
    advances: invoice.autoAdvance,
    lines: inOneOrder(lines.map(expectedLine)),
    ...numbers({ subtotal, discount, tax, total, due, paid: invoice.paid }),
    ...numbers({ starting: isDraft ? balance : invoice.starting }),
    ending: invoice.ending === null ? null : Number(invoice.ending),
    attempts: invoice.attempts,
    attempted: invoice.attempted,
    finalizes: invoice.finalizesAt,
    retries: invoice.retryAt,
    times: [invoice.finalizedAt, invoice.paidAt, invoice.voidedAt],
  };
}

function expectedLine({ of, amount, quantity, period, off, tax }: Line): string {
  return lineText(of, [amount, off, tax].map(Number), quantity, period);
}

export function toldInvoice(remote: Remote, invoice: Json): Shape {
  const subscription = invoice.parent?.subscription_details?.subscription;
  const { finalized_at: finalized, paid_at: paid, voided_at: voided } = invoice.status_transitions;
  return {
    customer: remote.names.get(invoice.customer),
    subscription: subscription === undefined ? null : remote.names.get(subscription),
    reason: invoice.billing_reason,
    created: invoice.created,
    period: [invoice.period_start, invoice.period_end],
    status: invoice.status,
    number: invoice.number === null ? null : Number(invoice.number.split('-')[1]),
    advances: invoice.auto_advance,
    lines: inOneOrder(invoice.lines.data.map((line: Json) => toldLine(remote, line))),
    subtotal: invoice.subtotal,
    discount: sumOf(invoice.total_discount_amounts),
    tax: sumOf(invoice.total_taxes),
    total: invoice.total,
    due: invoice.amount_due,
    paid: invoice.amount_paid,
    starting: invoice.starting_balance,
    ending: invoice.ending_balance,
    attempts: invoice.attempt_count,
    attempted: invoice.attempted,
    finalizes: invoice.status === 'draft' ? invoice.automatically_finalizes_at : null,
    retries: invoice.status === 'open' ? invoice.next_payment_attempt : null,
    times: [finalized, paid, voided],
  };
}

function toldLine(remote: Remote, line: Json): string {
  const { invoice_item_details: once, subscription_item_details: item } = line.parent;
  const of = once?.invoice_item ?? item?.subscription_item;
  const amounts = [line.amount, sumOf(line.discount_amounts), sumOf(line.taxes)];
  return lineText(
    `${remote.names.get(of) ?? of}${item?.invoice_item ? CHANGE : ''}`,
    amounts,
    line.quantity_decimal,
    line.period,
  );
}

function lineText(of: string, amounts: number[], quantity: string, period: Line['period']): string {
  const [amount, off, tax] = amounts;
  return `${of}: ${quantity} for ${amount} - ${off}, taxes ${tax} [${period.start}, ${period.end})`;
}

const CREDIT = /^(\S+ changed): \S+ for -.* (\[\d+)/;

/** What was asked for an item in one second is given back in any order: such neighbours are put in one. */
function inOneOrder(lines: readonly string[]): string[] {
  const of = (line: string) => CREDIT.exec(line)?.slice(1).join(' ') ?? '';
  const runs: string[][] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last !== undefined && of(line) !== '' && of(last[0]!) === of(line)) last.push(line);
    else runs.push([line]);
  }
  return runs.flatMap((run) => run.toSorted());
}

function sumOf(amounts: readonly { readonly amount: number }[]): number {
  return amounts.reduce((total, { amount }) => total + amount, 0);
}

function numbers(amounts: Readonly<Record<string, bigint>>): Shape {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, Number(amount)]));
}

export function expectedSubscription(subscription: Subscription): Shape {
  const { name, customer, status, startedAt, endedAt, items, discounts } = subscription;
  return {
    name,
    customer,
    status,
    started: startedAt,
    anchor: toldAnchor(subscription),
    ends: subscription.endsAt,
    ended: endedAt,
    discounts: discounts.length,
    items: items.map(
      (item) => `${item.name} ${item.price.name} × ${item.quantity} [${item.period.start}, ${item.period.end})`,
    ),
  };
}

export function toldSubscription({ names }: Remote, subscription: Json): Shape {
  return {
    name: names.get(subscription.id),
    customer: names.get(subscription.customer),
    status: subscription.status,
    started: subscription.start_date,
    anchor: subscription.billing_cycle_anchor,
    ends: subscription.cancel_at,
    ended: subscription.ended_at,
    discounts: subscription.discounts.length,
    items: subscription.items.data.map((item: Json) => {
      const { current_period_start: start, current_period_end: end } = item;
      return `${names.get(item.id)} ${names.get(item.price.id)} × ${item.quantity ?? null} [${start}, ${end})`;
    }),
  };
}

/** With what is pending, or without. */
export function expectedCustomer(world: World, { name, balance, nextNumber }: Customer, withPending: boolean): Shape {
  const pending = world.pending.filter(({ customer }) => customer === name).map(pendingText);
  return { name, balance: Number(balance), next: nextNumber, ...(withPending ? { pending } : {}) };
}

function pendingText({ name, amount, subscription, at }: Pending): string {
  return `${name} ${amount} ${subscription ?? 'any'} ${at}`;
}

export function toldCustomer({ names }: Remote, customer: Json, pending: readonly Json[] = []): Shape {
  return {
    name: names.get(customer.id),
    balance: customer.balance,
    next: customer.next_invoice_sequence,
    pending: pending.toReversed().map((item) => {
      const subscription = item.parent?.subscription_details?.subscription;
      const of = subscription === undefined ? 'any' : names.get(subscription);
      const changed = item.parent?.subscription_details?.subscription_item;
      const name = typeof changed === 'string' ? `${names.get(changed)}${CHANGE}` : names.get(item.id);
      return `${name} ${item.amount} ${of} ${item.date}`;
    }),
  };
}

/** Of two shapes what differs, a line each. */
export function differences(what: string, expected: Shape, told: Shape): string[] {
  return Object.keys(expected).flatMap((field) => {
    const [wanted, found] = [expected[field], told[field]].map((value) => JSON.stringify(value, null, 1));
    return wanted === found ? [] : [`${what}: ${field} must be ${wanted}, and is ${found}`];
  });
}
