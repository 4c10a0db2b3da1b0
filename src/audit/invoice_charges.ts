import { type ExpectedLine, expectedLines, ownLine, partOf, restOf, trialLine } from './charge.ts';
import { type Row, rowsOfDiscounts } from './discounts.ts';
import { lateLine } from './late.ts';
import { prorationLine, type StoredShare } from './prorations.ts';
import { inDecimals, isEqual, NOUGHT, plus, type Rational, rational } from './rational.ts';
import { rowsOfTaxes } from './taxes.ts';
import type { StoredInvoice, StoredLine, StoredPrice } from './stored.sql.ts';

/** The lines of one subscription item or invoice item, and what they must be by its price. */
export type InvoiceCharge = {
  readonly lines: readonly StoredLine[];
  readonly expected: readonly ExpectedLine[];
  readonly price: StoredPrice | null;
  /** What the lines count together: of tiers the whole. */
  readonly billed: Rational;
  /** Of late usage, and after threshold invoices: what was billed of the period before. */
  readonly before: Rational | null;
};

/** What of an invoice is otherwise than it must be. Texts are for people. */
export type Finding = { readonly what: string; readonly expected: string; readonly found: string };

/** The charges of an invoice, in the order of its lines, recomputed from the stored prices and quantities. */
export function chargesOf(
  invoice: StoredInvoice,
  lines: readonly StoredLine[],
  prices: ReadonlyMap<string, StoredPrice>,
): InvoiceCharge[] {
  const groups = Map.groupBy(lines, groupOf);
  return [...groups.values()].map((group) => chargeOf(invoice, group, prices));
}

/**
 * The lines of a subscription item are one charge for each of its prices and periods; also the tiers of usage that was
 * closed by a change, which are invoice items. Other invoice items, prorations among them, stand alone.
 */
function groupOf(line: StoredLine): string {
  const { invoice_item_id: itemId, subscription_item_id: subscriptionItemId, price_id: priceId } = line;
  // Each line of late usage stands alone: it has the period of an earlier invoice.
  if (line.billed_before !== null) return line.id;
  const isAlone = subscriptionItemId === null || priceId === null || line.prorated_of !== null;
  if (isAlone) return itemId ?? line.id;
  return [subscriptionItemId, priceId, line.period_start_at, line.period_end_at].join(' ');
}

function chargeOf(
  { currency }: StoredInvoice,
  lines: readonly StoredLine[],
  prices: ReadonlyMap<string, StoredPrice>,
): InvoiceCharge {
  const [first] = lines;
  if (first === undefined) throw new Error('a charge has at least one line');
  const billed = lines.reduce((sum, line) => plus(sum, rational(line.quantity)), NOUGHT);
  if (first.price_id === null) {
    return { lines, expected: [ownLine(billed, rational(first.unit_amount))], price: null, billed, before: null };
  }
  const price = prices.get(first.price_id);
  if (price === undefined) throw new Error(`the line ${first.id} refers to a price that does not exist`);
  if (first.prorated_of !== null) {
    const expected = lines.map((line) => prorationLine(line, first.prorated_of as StoredShare, price, currency));
    return { lines, expected, price, billed, before: null };
  }
  if (first.billed_before !== null) {
    const before = rational(first.billed_before);
    return { lines, expected: [lateLine(price, currency, before, billed)], price, billed, before };
  }
  if (first.free_trial !== null) return { lines, expected: [trialLine(billed)], price, billed, before: null };
  const before = first.billed_so_far === null ? null : rational(first.billed_so_far);
  const rated = before === null ? expectedLines(price, currency, billed) : restOf(price, currency, billed, before);
  const all = rated.map((line) => shareOf(line, first));
  return { lines, expected: announcesOnly(first, price) ? all.slice(0, 1) : all, price, billed, before };
}

/** What a line is of a period that is cut short. */
function shareOf(expected: ExpectedLine, line: StoredLine): ExpectedLine {
  const { whole_period_start_at: start, whole_period_end_at: end } = line;
  if (start === null || end === null) return expected;
  return partOf(expected, secondsBetween(line.period_start_at, line.period_end_at), secondsBetween(start, end));
}

function secondsBetween(start: Temporal.Instant, end: Temporal.Instant): bigint {
  return BigInt((end.epochMilliseconds - start.epochMilliseconds) / 1000);
}

/** On a first invoice a metered item announces itself by a line of zero for an empty period, without a flat amount. */
function announcesOnly(line: StoredLine, price: StoredPrice): boolean {
  return price.meter_id !== null && line.period_start_at.equals(line.period_end_at);
}

/** Where the lines of a charge differ from what they must be. */
export function findingsOfCharge({ lines, expected }: InvoiceCharge): Finding[] {
  const findings: Finding[] = [];
  if (lines.length !== expected.length) {
    const what = `number of lines of ${lines[0]?.invoice_item_id ?? lines[0]?.subscription_item_id ?? 'an item'}`;
    findings.push({ what, expected: String(expected.length), found: String(lines.length) });
  }
  for (const [index, line] of lines.entries()) {
    const wanted = expected[index];
    if (wanted !== undefined) findings.push(...findingsOfLine(line, wanted));
  }
  return findings;
}

function findingsOfLine(line: StoredLine, wanted: ExpectedLine): Finding[] {
  const findings: Finding[] = [];
  const tell = (what: string, expected: string, found: string) =>
    findings.push({ what: `${what} of line ${line.id}`, expected, found });
  if (line.amount !== wanted.amount) tell('amount', String(wanted.amount), String(line.amount));
  if (!isEqual(rational(line.quantity), wanted.quantity)) tell('quantity', inDecimals(wanted.quantity), line.quantity);
  if (!isEqual(rational(line.unit_amount), wanted.unitAmount)) {
    tell('unit amount', inDecimals(wanted.unitAmount), line.unit_amount);
  }
  if (line.invoice_item_id === null) return findings;
  if (line.item_amount === null) tell('invoice item', line.invoice_item_id, 'none on this invoice');
  else if (line.item_amount !== line.amount || line.item_quantity !== line.quantity) {
    tell('invoice item', `${line.item_amount} for ${line.item_quantity ?? ''}`, `${line.amount} for ${line.quantity}`);
  }
  const [rates, ofItem] = [line.rates.map(({ id }) => id).join(' '), line.item_rates?.join(' ')];
  if (ofItem !== undefined && ofItem !== rates) tell('tax rates', ofItem, rates);
  return findings;
}

/** Where the totals of an invoice differ from what its lines, discounts and tax rates make, and from the customer's balance. */
export function findingsOfTotals(invoice: StoredInvoice, charges: readonly InvoiceCharge[]): Finding[] {
  const sum = charges.flatMap((charge) => charge.expected).reduce((total, line) => total + line.amount, 0n);
  const lines = charges.flatMap((charge) => charge.lines);
  const amounts = new Map(
    charges.flatMap((charge) => charge.lines.map((line, at) => [line.id, charge.expected[at]?.amount])),
  );
  const amountOf = (line: StoredLine) => amounts.get(line.id) ?? line.amount;
  const discounted = invoice.discounts.reduce((rest, { amount }) => rest - BigInt(amount), sum);
  const { rows: taxes, total } = rowsOfTaxes(invoice, { lines, amountOf, discounted });
  const rows: Row[] = [
    ['subtotal', sum, invoice.subtotal],
    ...rowsOfDiscounts(invoice.discounts, lines),
    ...taxes,
    ['total', total, invoice.total],
    ...rowsOfBalance(invoice, total),
    ['amount paid', invoice.status === 'paid' ? invoice.amount_due : 0n, invoice.amount_paid],
  ];
  return rows
    .filter(([, expected, found]) => expected !== found)
    .map(([what, expected, found]) => ({ what, expected: String(expected), found: String(found) }));
}

/**
 * Total and starting balance are what is due and what stays on the balance; nothing is due while there is credit, and
 * the transactions of the balance say the same. What is due of a draft follows the balance, and is not kept.
 */
function rowsOfBalance(invoice: StoredInvoice, total: bigint): Row[] {
  const { starting_balance: starting, ending_balance: ending, amount_due: due } = invoice;
  if (ending === null) return [['change of the balance', 0n, invoice.balance_changed]];
  return [
    ['amount due', total + starting - ending - invoice.pre_payment_credit_notes_amount, due],
    ['amount due with credit left', due > 0n && ending < 0n ? 0n : due, due],
    ['amount due below zero', due < 0n ? 0n : due, due],
    ['change of the balance', ending - starting, invoice.balance_changed],
    ['return to the balance', invoice.status === 'void' ? starting - ending : 0n, invoice.balance_returned],
  ];
}
