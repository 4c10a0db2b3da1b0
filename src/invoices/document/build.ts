import type { TaxRate } from '../../catalog/tax_rate.ts';
import { formatDecimal, roundHalfAwayFromZero } from '../../money/decimal.ts';
import { formatUnitAmount } from '../../money/format.ts';
import type { Account } from '../../stripe/context.ts';
import { type CustomerSnapshot, type Invoice, type InvoiceLine, remainingOf, type WholeInvoice } from '../invoice.ts';
import type { ShownTaxId } from '../tax.ts';
import type { Fact, InvoiceDocument, Party, Row, RowGroup, Status, Sum } from './document.ts';
import { type CouponNames, sumsToTotal } from './sums.ts';
import {
  addressLines,
  countryName,
  longDate,
  money,
  moneyWithCode,
  periodText,
  quantityText,
  taxIdText,
} from './words.ts';

export type Issuer = Pick<Account, 'name' | 'country' | 'livemode'>;

const STATUSES: Readonly<Record<Invoice['status'], Status>> = {
  draft: 'Draft',
  open: 'Open',
  paid: 'Paid',
  uncollectible: 'Uncollectible',
  void: 'Void',
};

/** Where paper is sold in letter size. */
const LETTER_COUNTRIES: ReadonlySet<string> = new Set(['US', 'CA', 'MX', 'PR', 'PH', 'CL', 'CO', 'VE']);

/**
 * What an invoice says to people: the one place where its fields become text. `rates` are those of its taxes, `coupons` the
 * names of its discounts. Pure.
 */
export function buildDocument(
  account: Issuer,
  { invoice, lines }: WholeInvoice,
  rates: readonly TaxRate[],
  coupons: CouponNames = new Map(),
): InvoiceDocument {
  const { customer } = invoice;
  return {
    title: 'Invoice',
    number: invoice.number ?? 'Draft',
    status: STATUSES[invoice.status],
    isTest: !account.livemode,
    paper: LETTER_COUNTRIES.has(account.country) ? 'LETTER' : 'A4',
    seller: { name: account.name, lines: [countryName(account.country)] },
    buyer: buyerOf(customer, invoice.customerTaxIds),
    shipping: shippingOf(customer),
    facts: factsOf(invoice),
    headline: headlineOf(invoice),
    groups: groupsOf(invoice.currency, lines),
    sums: [...sumsToTotal(invoice, rates, coupons), ...sumsToDue(invoice)],
    notes: notesOf(invoice),
    footer: invoice.footer,
  };
}

function buyerOf({ name, email, phone, address }: CustomerSnapshot, taxIds: readonly ShownTaxId[]): Party {
  const contact = [email, phone].filter((line) => line !== null);
  const [title = 'Customer', ...rest] = name === null ? contact : [name, ...contact];
  const place = address === null ? [] : addressLines(address);
  // An address stands between the name and how else to reach the customer; without a name it comes last.
  const told = name === null ? [...rest, ...place] : [...place, ...rest];
  return { name: title, lines: [...told, ...taxIds.map(taxIdText)] };
}

function shippingOf({ shipping }: CustomerSnapshot): Party | null {
  if (shipping === null) return null;
  const phone = shipping.phone === null ? [] : [shipping.phone];
  return { name: shipping.name, lines: [...addressLines(shipping.address), ...phone] };
}

function factsOf({ number, finalizedAt, createdAt, dueAt, customFields }: Invoice): Fact[] {
  return [
    ...(number === null ? [] : [{ label: 'Invoice number', value: number }]),
    { label: 'Date of issue', value: longDate(finalizedAt ?? createdAt) },
    ...(dueAt === null ? [] : [{ label: 'Date due', value: longDate(dueAt) }]),
    ...(customFields ?? []).map(({ name, value }) => ({ label: name, value })),
  ];
}

function headlineOf(invoice: Invoice): InvoiceDocument['headline'] {
  const { status, total, currency, dueAt } = invoice;
  if (status === 'paid') return settledHeadline(invoice);
  if (status === 'void') return { amount: moneyWithCode(total, currency), text: 'Void: nothing has to be paid' };
  const amount = moneyWithCode(owedOf(invoice), currency);
  return { amount, text: dueAt === null ? 'Amount due' : `Due ${longDate(dueAt)}` };
}

/** Of an invoice that credit notes settled alone nothing was paid; of others, what they took off was not. */
function settledHeadline(invoice: Invoice): InvoiceDocument['headline'] {
  const { total, amountPaid, prePaymentCredit, currency, paidAt } = invoice;
  const isCredited = amountPaid === 0n && prePaymentCredit > 0n;
  const amount = isCredited ? prePaymentCredit : total - prePaymentCredit;
  const text = isCredited ? 'Credited in full' : 'Paid';
  return { amount: moneyWithCode(amount, currency), text: paidAt === null ? text : `${text} on ${longDate(paidAt)}` };
}

/** Lines of the same period, as they follow each other. */
function groupsOf(currency: string, lines: readonly InvoiceLine[]): RowGroup[] {
  const groups: { period: string; rows: Row[] }[] = [];
  for (const line of lines) {
    const period = periodText(line.period);
    const last = groups.at(-1);
    if (last?.period === period) last.rows.push(rowOf(line, currency));
    else groups.push({ period, rows: [rowOf(line, currency)] });
  }
  return groups;
}

function rowOf({ description, quantity, unitAmount, amount }: InvoiceLine, currency: string): Row {
  const isZero = quantity.eq('0');
  // The price shown of a package or a flat fee is not that of a unit; then the description alone tells it.
  const isUnitPrice = !isZero && roundHalfAwayFromZero(quantity.times(unitAmount)) === amount;
  const head = `${formatDecimal(quantity)} × `;
  return {
    // The quantity has a column of its own.
    description: description?.startsWith(head) ? description.slice(head.length) : (description ?? ''),
    quantity: isZero && amount !== 0n ? '' : quantityText(quantity),
    unitPrice: isUnitPrice ? formatUnitAmount(unitAmount, currency) : '',
    amount: money(amount, currency),
  };
}

/** From the total to what is due. */
function sumsToDue(invoice: Invoice): Sum[] {
  const { currency, startingBalance, endingBalance, amountPaid, prePaymentCredit } = invoice;
  const sum = (label: string, amount: string, strong = false): Sum => ({ label, amount, strong });
  const applied = startingBalance - (endingBalance ?? startingBalance);
  return [
    ...(applied === 0n ? [] : [sum('Applied balance', money(applied, currency))]),
    ...(prePaymentCredit === 0n ? [] : [sum('Credit notes', money(-prePaymentCredit, currency))]),
    ...(amountPaid === 0n ? [] : [sum('Amount paid', money(-amountPaid, currency))]),
    sum('Amount due', moneyWithCode(owedOf(invoice), currency), true),
  ];
}

/** Nothing is to be paid any more of a void invoice, whatever it says was due. */
function owedOf(invoice: Invoice): bigint {
  return invoice.status === 'void' ? 0n : remainingOf(invoice);
}

function notesOf({ description, customer, postPaymentCredit, currency }: Invoice): string[] {
  return [
    ...(description === null ? [] : [description]),
    ...(customer.taxExempt === 'reverse' ? ['Tax to be paid on reverse charge basis'] : []),
    ...(postPaymentCredit === 0n ? [] : [`${money(postPaymentCredit, currency)} was credited after payment`]),
  ];
}
