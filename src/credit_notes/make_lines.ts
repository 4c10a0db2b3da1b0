import type { InvoiceLine, WholeInvoice } from '../invoices/invoice.ts';
import { decimal, roundHalfAwayFromZero } from '../money/decimal.ts';
import { invalidRequest, missingParameter, resourceMissing } from '../stripe/errors.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { CreditNoteLine } from './credit_note.ts';
import type { CreditNoteLineParams } from './credit_note.params.ts';
import { amountOfUnits, type Credited, discountsOfAmount, NOTHING_CREDITED, unitPriceOf, unitsOf } from './share.ts';

export type NewLine = Omit<CreditNoteLine, 'id'>;

/**
 * The lines that a request asks for; pure. `issued` are the lines of the credit notes that the invoice has. Throws for
 * lines that the invoice doesn't have, and for more than is left of one.
 */
export function makeLines(
  { lines }: Pick<WholeInvoice, 'lines'>,
  issued: readonly CreditNoteLine[],
  asked: readonly CreditNoteLineParams[],
): NewLine[] {
  const byId = new Map(lines.map((line) => [line.id, line]));
  const made: NewLine[] = [];
  for (const [index, params] of asked.entries()) {
    const at = `lines[${index}]`;
    const line =
      params.type === 'custom_line_item'
        ? customLine(params, at)
        : creditedLine(params, at, byId, [...issued, ...made]);
    made.push(line);
  }
  return made;
}

function customLine(params: CreditNoteLineParams, at: string): NewLine {
  refuse(params, ['amount', 'invoice_line_item'], at);
  const { unit_amount: whole, unit_amount_decimal: exact, quantity = 1n, description = null } = params;
  if (whole !== undefined && exact !== undefined) throw onlyOne(at, 'unit_amount', 'unit_amount_decimal');
  const unitAmount = exact ?? (whole === undefined ? undefined : decimal(whole));
  if (unitAmount === undefined) throw missingParameter(`${at}[unit_amount]`);
  const amount = roundHalfAwayFromZero(unitAmount.times(decimal(quantity)));
  return {
    invoiceLineId: null,
    description,
    amount,
    quantity,
    unitAmount,
    discounts: [],
    metadata: changeMetadata({}, params.metadata),
  };
}

function creditedLine(
  params: CreditNoteLineParams,
  at: string,
  lines: ReadonlyMap<string, InvoiceLine>,
  issued: readonly NewLine[],
): NewLine {
  refuse(params, ['description', 'unit_amount', 'unit_amount_decimal'], at);
  const { invoice_line_item: id, amount: wanted, quantity } = params;
  if (id === undefined) throw missingParameter(`${at}[invoice_line_item]`);
  const line = lines.get(id);
  if (line === undefined) throw resourceMissing('invoice line item', id, `${at}[invoice_line_item]`);
  refuseTaxed(line, at);
  if ((wanted === undefined) === (quantity === undefined)) {
    throw wanted === undefined ? missingParameter(`${at}[quantity]`) : onlyOne(at, 'amount', 'quantity');
  }
  const before = issued.filter((each) => each.invoiceLineId === id);
  const credited = creditedOf(before);
  checkKind(before, quantity !== undefined, at);
  const amount =
    quantity === undefined ? amountLeft(line, credited, wanted ?? 0n, at) : unitsLeft(line, credited, quantity, at);
  return {
    invoiceLineId: id,
    description: line.description,
    amount,
    quantity: quantity ?? null,
    unitAmount: quantity === undefined ? null : unitPriceOf(line),
    discounts: discountsOfAmount(line, credited, amount),
    metadata: changeMetadata({}, params.metadata),
  };
}

/** Its taxes would have to be credited with a line. Where it has some, only amounts can be credited, of the whole invoice. */
function refuseTaxed({ id, taxes, amount, discounts, amountExcludingTax }: InvoiceLine, at: string): void {
  const left = discounts.reduce((rest, discount) => rest - discount.amount, amount);
  if (taxes.every((tax) => tax.amount === 0n) && left === amountExcludingTax) return;
  throw invalidRequest(
    `The invoice line item ${id} has taxes, which Usance does not credit with a line yet. Credit an \`amount\`, taxes included, instead.`,
    `${at}[invoice_line_item]`,
    'parameter_not_served',
  );
}

/** What lines of credit notes have credited of the line that they are about. */
function creditedOf(lines: readonly NewLine[]): Credited {
  return lines.reduce<Credited>(
    (sum, { quantity, amount, discounts }) => ({
      quantity: sum.quantity + (quantity ?? 0n),
      amount: sum.amount + amount,
      discounts: [...sum.discounts, ...discounts],
    }),
    NOTHING_CREDITED,
  );
}

/** Units and amounts of one line can't be told apart once they are mixed, so the reference allows only one of them. */
function checkKind(before: readonly NewLine[], byUnits: boolean, at: string): void {
  if (before.every(({ quantity }) => (quantity !== null) === byUnits)) return;
  const [param, other] = byUnits ? ['quantity', 'amount'] : ['amount', 'quantity'];
  throw invalidRequest(
    `This invoice line item was credited by \`${other}\` before, so it can't be credited by \`${param}\`.`,
    `${at}[${param}]`,
  );
}

function unitsLeft(line: InvoiceLine, credited: Credited, quantity: bigint, at: string): bigint {
  const all = unitsOf(line);
  if (all === null) {
    throw invalidRequest('This invoice line item has no whole quantity: credit an `amount` of it.', `${at}[quantity]`);
  }
  const left = all - credited.quantity;
  if (quantity <= left) return amountOfUnits(line, credited, quantity);
  throw invalidRequest(
    `The quantity to credit (${quantity}) is greater than what is left of the invoice line item (${left}).`,
    `${at}[quantity]`,
  );
}

function amountLeft(line: InvoiceLine, credited: Credited, amount: bigint, at: string): bigint {
  const left = line.amount - credited.amount;
  const isWithin = line.amount < 0n ? amount < 0n && amount >= left : amount > 0n && amount <= left;
  if (isWithin) return amount;
  throw invalidRequest(
    `The amount to credit (${amount}) must be between 0 and what is left of the invoice line item (${left}).`,
    `${at}[amount]`,
  );
}

function refuse(params: CreditNoteLineParams, names: readonly (keyof CreditNoteLineParams)[], at: string): void {
  const given = names.find((name) => params[name] !== undefined);
  if (given === undefined) return;
  throw invalidRequest(`\`${given}\` can't be used with the type ${params.type}.`, `${at}[${given}]`);
}

function onlyOne(at: string, ...names: readonly [string, string]) {
  return invalidRequest(
    `You may only specify one of these parameters: ${names.join(', ')}.`,
    `${at}[${names[1]}]`,
    'parameters_exclusive',
  );
}
