import type { Row } from './discounts.ts';
import {
  compare,
  dividedBy,
  inDecimals,
  minus,
  NOUGHT,
  plus,
  type Rational,
  rational,
  rounded,
  times,
  whole,
} from './rational.ts';
import type { StoredInvoice, StoredLine, StoredRate } from './stored.sql.ts';

/** One rate on one line: what it makes of it exactly, and the words and the whole units of that. */
export type ExpectedTax = {
  readonly line: StoredLine;
  readonly rate: StoredRate;
  readonly exact: Rational;
  /** Null where the invoice rounds once for all lines: then only bounds are known of a line. */
  readonly amount: bigint | null;
  readonly steps: readonly string[];
};

/** What the taxes of an invoice must be, as if they were due. */
export type ExpectedTaxes = {
  readonly taxes: readonly ExpectedTax[];
  /** By rate, in the order in which the lines have them. */
  readonly byRate: ReadonlyMap<string, bigint>;
  /** Of all lines, what the taxes that they contain leave. */
  readonly net: bigint;
};

const REASONS: Readonly<Record<string, string>> = {
  none: 'not_available',
  exempt: 'customer_exempt',
  reverse: 'reverse_charge',
};

/** The rates that apply to a line: its own, or else those of the invoice; those of an invoiced debit may be none. */
function ratesOf(invoice: StoredInvoice, line: StoredLine): readonly StoredRate[] {
  if (line.rates.length > 0 || line.prorated_of?.hasOwnTaxes === true) return line.rates;
  return invoice.rates;
}

/** What is left of a line after its discounts. */
export function afterDiscounts(line: StoredLine): bigint {
  return line.discounts.reduce((rest, { amount }) => rest - BigInt(amount), line.amount);
}

/**
 * Taxes of the amounts of lines. All of a line that contains taxes is 100 % and the inclusive rates; a net amount is 100
 * of so many parts of it. Rounded by line, exclusive rates go by the whole net amount; rounded by invoice, each rate is
 * summed up exactly first.
 */
export function expectedTaxes(
  invoice: StoredInvoice,
  lines: readonly StoredLine[],
  amountOf: (line: StoredLine) => bigint,
): ExpectedTaxes {
  const isByLine = invoice.tax_rounding === 'line';
  const taxes = lines.flatMap((line) => taxesOfLine(line, amountOf(line), ratesOf(invoice, line), isByLine));
  const byRate = new Map<string, bigint>();
  for (const [id, ofRate] of Map.groupBy(taxes, ({ rate }) => rate.id)) {
    const exact = ofRate.reduce((sum, tax) => plus(sum, tax.exact), NOUGHT);
    byRate.set(id, isByLine ? ofRate.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n) : rounded(exact));
  }
  const contained = new Set(taxes.filter(({ rate }) => rate.inclusive).map(({ rate }) => rate.id));
  const sum = lines.reduce((total, line) => total + amountOf(line), 0n);
  const net = [...contained].reduce((rest, id) => rest - (byRate.get(id) ?? 0n), sum);
  return { taxes, byRate, net };
}

function taxesOfLine(line: StoredLine, amount: bigint, rates: readonly StoredRate[], isByLine: boolean): ExpectedTax[] {
  const parts = rates
    .filter(({ inclusive }) => inclusive)
    .reduce((sum, { percentage }) => plus(sum, rational(percentage)), whole(100n));
  const partOf = ({ percentage }: StoredRate, of: bigint, all: Rational) =>
    over(times(whole(of), rational(percentage)), all);
  const step = (rate: StoredRate, of: bigint, all: Rational, exact: Rational) =>
    `${of} × ${rate.percentage} ÷ ${inDecimals(all)} = ${inDecimals(exact)}`;
  const contained = rates
    .filter(({ inclusive }) => inclusive)
    .reduce((sum, rate) => sum + rounded(partOf(rate, amount, parts)), 0n);
  return rates.map((rate) => {
    const isOfNet = isByLine && !rate.inclusive;
    const [of, all] = isOfNet ? [amount - contained, whole(100n)] : [amount, parts];
    const exact = partOf(rate, of, all);
    return { line, rate, exact, amount: isByLine ? rounded(exact) : null, steps: [step(rate, of, all, exact)] };
  });
}

function over(a: Rational, b: Rational): Rational {
  return dividedBy(times(a, whole(b.denominator)), b.numerator);
}

/** Whether taxes are due: by what a final invoice keeps of its customer, and of a draft by what its taxes say themselves. */
function exemptionOf(invoice: StoredInvoice): string {
  if (invoice.tax_exempt !== null) return invoice.tax_exempt;
  const reason = invoice.taxes[0]?.reason;
  return Object.keys(REASONS).find((key) => REASONS[key] === reason) ?? 'none';
}

/** The lines of an invoice as they are and as they must be: what each comes to before discounts. */
export type AuditedLines = {
  readonly lines: readonly StoredLine[];
  readonly amountOf: (line: StoredLine) => bigint;
  /** All of them, without what the discounts of the invoice take off. */
  readonly discounted: bigint;
};

/** What of the taxes of an invoice is recomputed, and the total that they lead to. */
export function rowsOfTaxes(
  invoice: StoredInvoice,
  { lines, amountOf, discounted }: AuditedLines,
): { readonly rows: readonly Row[]; readonly total: bigint } {
  const leftOf = (line: StoredLine) => amountOf(line) - line.amount + afterDiscounts(line);
  const expected = expectedTaxes(invoice, lines, leftOf);
  const exemption = exemptionOf(invoice);
  const isDue = exemption === 'none';
  const due = isDue ? sumOf([...expected.byRate.values()]) : 0n;
  const net = discounted - sumOf(lines.map(leftOf)) + expected.net;
  const rows: Row[] = [
    ...lines.flatMap((line) => rowsOfLine(invoice, line, leftOf(line), expected, exemption)),
    ...rowsOfRates(invoice, lines, expected, isDue),
    ['total excluding tax', net, invoice.total_excluding_tax],
    ['subtotal excluding tax', expectedTaxes(invoice, lines, amountOf).net, invoice.subtotal_excluding_tax],
  ];
  // Of lines whose taxes are not due and rounded together, no more than bounds and their sum are known.
  const isBounded = !isDue && invoice.tax_rounding === 'invoice';
  const ofLines = sumOf(lines.map((line) => line.amount_excluding_tax));
  const sum: Row[] = isBounded ? [['sum of lines excluding tax', expected.net, ofLines]] : [];
  return { rows: [...rows, ...sum], total: net + due };
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

function rowsOfLine(
  invoice: StoredInvoice,
  line: StoredLine,
  left: bigint,
  { taxes }: ExpectedTaxes,
  exemption: string,
): Row[] {
  const expected = taxes.filter((tax) => tax.line === line);
  const isDue = exemption === 'none';
  const reason = REASONS[exemption] ?? '';
  const name = (id: string) => `tax by ${id} of line ${line.id}`;
  const rows = expected.flatMap(({ rate, exact, amount }): Row[] => {
    const found = line.taxes.find(({ id }) => id === rate.id);
    if (found === undefined) return [[name(rate.id), 'one', 'none']];
    const tax = BigInt(found.amount);
    const bounded = isWithinOne(tax, exact) ? tax : rounded(exact);
    const net = isDue ? line.amount_excluding_tax : 0n;
    return [
      [name(rate.id), isDue ? (amount ?? bounded) : 0n, tax],
      [`taxable amount of ${name(rate.id)}`, net, BigInt(found.taxableAmount)],
      [`reason of ${name(rate.id)}`, reason, found.reason],
      [
        `kind of ${name(rate.id)}`,
        rate.inclusive ? 'inclusive' : 'exclusive',
        found.inclusive ? 'inclusive' : 'exclusive',
      ],
    ];
  });
  return [
    [`taxes of line ${line.id}`, idsOf(ratesOf(invoice, line)), idsOf(line.taxes)],
    ...rows,
    ...rowOfNet(line, left, expected, isDue),
  ];
}

/** What discounts leave of a line without the taxes that it contains: told by these where they are due, or else bounded. */
function rowOfNet(line: StoredLine, left: bigint, expected: readonly ExpectedTax[], isDue: boolean): Row[] {
  const name = `amount excluding tax of line ${line.id}`;
  const contained = expected.filter(({ rate }) => rate.inclusive);
  if (isDue) {
    const ids = new Set(contained.map(({ rate }) => rate.id));
    const within = line.taxes.filter(({ id }) => ids.has(id)).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    return [[name, left - within, line.amount_excluding_tax]];
  }
  if (contained.every(({ amount }) => amount !== null)) {
    return [[name, contained.reduce((rest, { amount }) => rest - (amount ?? 0n), left), line.amount_excluding_tax]];
  }
  const exact = contained.reduce((rest, tax) => minus(rest, tax.exact), whole(left));
  const off = minus(whole(line.amount_excluding_tax), exact);
  const bound = BigInt(contained.length);
  const isNear = compare(off, whole(bound)) < 0 && compare(off, whole(-bound)) > 0;
  return isNear ? [] : [[name, inDecimals(exact), line.amount_excluding_tax]];
}

function rowsOfRates(
  invoice: StoredInvoice,
  lines: readonly StoredLine[],
  { byRate }: ExpectedTaxes,
  isDue: boolean,
): Row[] {
  const all = lines.flatMap((line) => line.taxes);
  const rows = [...byRate].flatMap(([id, amount]): Row[] => {
    const ofLines = all.filter((tax) => tax.id === id);
    const ofInvoice = invoice.taxes.find((tax) => tax.id === id);
    const sum = (key: 'amount' | 'taxableAmount') => ofLines.reduce((total, tax) => total + BigInt(tax[key]), 0n);
    return [
      [`sum of taxes by ${id}`, isDue ? amount : 0n, sum('amount')],
      [`tax by ${id}`, sum('amount'), BigInt(ofInvoice?.amount ?? 0)],
      [`taxable amount by ${id}`, sum('taxableAmount'), BigInt(ofInvoice?.taxableAmount ?? 0)],
      [`reason of the tax by ${id}`, ofLines[0]?.reason ?? '', ofInvoice?.reason ?? ''],
    ];
  });
  return [['taxes', [...byRate.keys()].join(' '), idsOf(invoice.taxes)], ...rows];
}

function idsOf(some: readonly { readonly id: string }[]): string {
  return some.map(({ id }) => id).join(' ');
}

function isWithinOne(value: bigint, exact: Rational): boolean {
  const off = minus(whole(value), exact);
  return compare(off, whole(1n)) < 0 && compare(off, whole(-1n)) > 0;
}
