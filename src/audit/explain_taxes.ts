import type { JsonObject } from '../stripe/json.ts';
import { compare, inDecimals, NOUGHT, plus, type Rational, whole } from './rational.ts';
import type { StoredInvoice, StoredLine, StoredTax } from './stored.sql.ts';
import { afterDiscounts, type ExpectedTax, expectedTaxes } from './taxes.ts';

/** How each tax of an invoice came about, by rate and line, and how they lead to the total. */
export function explainTaxes(invoice: StoredInvoice, lines: readonly StoredLine[]): JsonObject {
  const { taxes } = expectedTaxes(invoice, lines, afterDiscounts);
  const amounts = invoice.taxes.map(({ amount }) => amount);
  return {
    taxes: invoice.taxes.map((tax) =>
      viewTax(
        invoice,
        tax,
        taxes.filter(({ rate }) => rate.id === tax.id),
      ),
    ),
    total_excluding_tax: invoice.total_excluding_tax,
    total_steps: [
      ...lines.flatMap(stepsOfDiscounts),
      `without any tax: ${invoice.total_excluding_tax}`,
      ...(amounts.length === 0 ? [] : [`${[invoice.total_excluding_tax, ...amounts].join(' + ')} = ${invoice.total}`]),
    ],
  };
}

function stepsOfDiscounts(line: StoredLine): string[] {
  if (line.discounts.length === 0) return [];
  const parts = [line.amount, ...line.discounts.map(({ amount }) => amount)];
  return [`${line.id} after discounts: ${parts.join(' − ')} = ${afterDiscounts(line)}`];
}

function viewTax(invoice: StoredInvoice, { id, amount, reason }: StoredTax, parts: readonly ExpectedTax[]): JsonObject {
  const [first] = parts;
  const isDue = reason === 'not_available';
  const exact = parts.reduce((sum, part) => plus(sum, part.exact), NOUGHT);
  return {
    tax_rate: id,
    percentage: first?.rate.percentage ?? null,
    tax_behavior: first?.rate.inclusive === true ? 'inclusive' : 'exclusive',
    taxability_reason: reason,
    rounding: invoice.tax_rounding,
    amount: BigInt(amount),
    lines: parts.map((part) => ({
      line: part.line.id,
      amount: BigInt(part.line.taxes.find((tax) => tax.id === id)?.amount ?? 0),
      steps: [...part.steps, ...(part.amount === null ? [] : rounding(part.exact, part.amount))],
    })),
    steps: isDue ? sumSteps(invoice, parts, exact, BigInt(amount)) : ['no tax is due of this customer'],
  };
}

function sumSteps(
  { tax_rounding: mode }: StoredInvoice,
  parts: readonly ExpectedTax[],
  exact: Rational,
  amount: bigint,
): string[] {
  if (mode === 'line') return [`${parts.map((part) => String(part.amount)).join(' + ')} = ${amount}`];
  return [`all lines together: ${inDecimals(exact)}`, ...rounding(exact, amount)];
}

function rounding(exact: Rational, amount: bigint): string[] {
  return compare(exact, whole(amount)) === 0 ? [] : [`rounded half away from zero: ${amount}`];
}
