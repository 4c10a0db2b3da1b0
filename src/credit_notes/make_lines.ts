import type { TaxRate } from '../catalog/tax_rate.ts';
import type { InvoiceLine, WholeInvoice } from '../invoices/invoice.ts';
import { type LineTaxRate, ratesOn, termsOfRates } from '../invoices/tax.ts';
import { decimal, roundHalfAwayFromZero } from '../money/decimal.ts';
import { applyTaxes, type TaxTerms } from '../rating/tax.ts';
import { invalidRequest, missingParameter, resourceMissing } from '../stripe/errors.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { CreditNoteLine } from './credit_note.ts';
import type { CreditNoteLineParams } from './credit_note.params.ts';
import { amountOfUnits, type Credited, NOTHING_CREDITED, shareOf, unitPriceOf, unitsOf } from './share.ts';

/** A line of a credit note, and what it would come to without taxes and discounts. */
export type NewLine = Omit<CreditNoteLine, 'id'> & { readonly subtotalExcludingTax: bigint };

/** A line that a request asks for, with the tax rates that it names. */
export type AskedLine = CreditNoteLineParams & { readonly rates?: readonly TaxRate[] };

type Issued = readonly Omit<CreditNoteLine, 'id'>[];

/**
 * The lines that a request asks for; pure. `issued` are the lines of the credit notes that the invoice has. Throws for
 * lines that the invoice doesn't have, and for more than is left of one.
 */
export function makeLines(whole: WholeInvoice, issued: Issued, asked: readonly AskedLine[]): NewLine[] {
  const made: NewLine[] = [];
  for (const [index, params] of asked.entries()) {
    const at = `lines[${index}]`;
    made.push(
      params.type === 'custom_line_item'
        ? customLine(params, at, whole)
        : creditedLine(params, at, whole, [...issued, ...made]),
    );
  }
  return made;
}

function customLine(params: AskedLine, at: string, { invoice }: WholeInvoice): NewLine {
  refuse(params, ['amount', 'invoice_line_item'], at);
  const { unit_amount: whole, unit_amount_decimal: exact, quantity = 1n, description = null } = params;
  if (whole !== undefined && exact !== undefined) throw onlyOne(at, 'unit_amount', 'unit_amount_decimal');
  const unitAmount = exact ?? (whole === undefined ? undefined : decimal(whole));
  if (unitAmount === undefined) throw missingParameter(`${at}[unit_amount]`);
  const amount = roundHalfAwayFromZero(unitAmount.times(decimal(quantity)));
  const { taxExempt } = invoice.customer;
  const { taxes, net } = taxed(amount, termsOfRates(params.rates ?? []), taxExempt);
  return {
    invoiceLineId: null,
    description,
    amount,
    quantity,
    unitAmount,
    discounts: [],
    taxes: taxes.map(({ rate, ...tax }) => ({ id: rate.id, inclusive: rate.inclusive, ...tax })),
    amountExcludingTax: net,
    subtotalExcludingTax: net,
    metadata: changeMetadata({}, params.metadata),
  };
}

/** What rates make of an amount by itself. */
function taxed(amount: bigint, rates: readonly LineTaxRate[], taxExempt: TaxTerms['taxExempt']) {
  const applied = rates.map((rate) => ({ ...rate, percentage: decimal(rate.percentage) }));
  const [line] = applyTaxes([{ amount, rates: applied }], { taxExempt, rounding: 'line' });
  if (line === undefined) throw new Error('each line is taxed');
  return line;
}

function creditedLine(params: AskedLine, at: string, { invoice, lines }: WholeInvoice, issued: Issued): NewLine {
  refuse(params, ['description', 'tax_rates', 'unit_amount', 'unit_amount_decimal'], at);
  const { invoice_line_item: id, amount: wanted, quantity } = params;
  if (id === undefined) throw missingParameter(`${at}[invoice_line_item]`);
  const line = lines.find((each) => each.id === id);
  if (line === undefined) throw resourceMissing('invoice line item', id, `${at}[invoice_line_item]`);
  if ((wanted === undefined) === (quantity === undefined)) {
    throw wanted === undefined ? missingParameter(`${at}[quantity]`) : onlyOne(at, 'amount', 'quantity');
  }
  const before = issued.filter((each) => each.invoiceLineId === id);
  const credited = creditedOf(before);
  checkKind(before, quantity !== undefined, at);
  const amount =
    quantity === undefined ? amountLeft(line, credited, wanted ?? 0n, at) : unitsLeft(line, credited, quantity, at);
  const rates = ratesOn(line, invoice);
  const untaxed = (gross: bigint) => taxed(gross, rates, 'none').net;
  return {
    invoiceLineId: id,
    description: line.description,
    amount,
    quantity: quantity ?? null,
    unitAmount: quantity === undefined ? null : unitPriceOf(line),
    ...shareOf(line, credited, amount),
    subtotalExcludingTax: untaxed(credited.amount + amount) - untaxed(credited.amount),
    metadata: changeMetadata({}, params.metadata),
  };
}

/** What lines of credit notes have credited of the line that they are about. */
function creditedOf(lines: Issued): Credited {
  return lines.reduce<Credited>(
    (sum, { quantity, amount, discounts, taxes, amountExcludingTax }) => ({
      quantity: sum.quantity + (quantity ?? 0n),
      amount: sum.amount + amount,
      discounts: [...sum.discounts, ...discounts],
      taxes: [...sum.taxes, ...taxes],
      amountExcludingTax: sum.amountExcludingTax + amountExcludingTax,
    }),
    NOTHING_CREDITED,
  );
}

/** Units and amounts of one line can't be told apart once they are mixed, so the reference allows only one of them. */
function checkKind(before: Issued, byUnits: boolean, at: string): void {
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
