import { invalidRequest } from '../stripe/errors.ts';
import type { Invoice, InvoiceStatus } from './invoice.ts';

/**
 * What can be asked of an invoice: `edit` changes what it says or costs, `annotate` its metadata, `choose_method` what pays
 * it; `credit` makes a credit note for it, and `void_credit_note` takes one back.
 */
export type InvoiceVerb =
  | 'edit'
  | 'annotate'
  | 'advance'
  | 'choose_method'
  | 'delete'
  | 'finalize'
  | 'pay'
  | 'send'
  | 'void'
  | 'mark_uncollectible'
  | 'credit'
  | 'void_credit_note';

/** A verb is allowed and leads to a state, or is refused with a message and, where Stripe has one, a code. */
type Row =
  | readonly [from: InvoiceStatus, verb: InvoiceVerb, to: InvoiceStatus | 'deleted']
  | readonly [from: InvoiceStatus, verb: InvoiceVerb, to: null, message: string, code?: 'invoice_not_editable'];

const NOT_EDITABLE = 'This invoice is no longer editable.';
const NOT_A_DRAFT = 'You can only delete draft invoices.';
const ALREADY_FINAL = "This invoice is already finalized, you can't re-finalize a non-draft invoice.";
const NOT_OPEN = "You can only pass in open invoices. This invoice isn't open.";
const NOT_CREDITABLE = 'You can only create a credit note for an invoice that is open or paid.';
const NO_CREDIT_TO_VOID = 'You can only void a credit note of an invoice that is open.';
const SETTLED = 'This invoice is settled: `auto_advance` can no longer be turned on.';

/** Every state and verb: what comes of it. A draft that is paid or sent is finalized first. */
const ROWS: readonly Row[] = [
  ['draft', 'edit', 'draft'],
  ['draft', 'annotate', 'draft'],
  ['draft', 'advance', 'draft'],
  ['draft', 'choose_method', 'draft'],
  ['draft', 'delete', 'deleted'],
  ['draft', 'finalize', 'open'],
  ['draft', 'pay', 'paid'],
  ['draft', 'send', 'open'],
  ['draft', 'void', null, NOT_OPEN],
  ['draft', 'mark_uncollectible', null, NOT_OPEN],
  ['draft', 'credit', null, NOT_CREDITABLE],
  ['draft', 'void_credit_note', null, NO_CREDIT_TO_VOID],

  ['open', 'edit', null, NOT_EDITABLE, 'invoice_not_editable'],
  ['open', 'annotate', 'open'],
  ['open', 'advance', 'open'],
  ['open', 'choose_method', 'open'],
  ['open', 'delete', null, NOT_A_DRAFT, 'invoice_not_editable'],
  ['open', 'finalize', null, ALREADY_FINAL, 'invoice_not_editable'],
  ['open', 'pay', 'paid'],
  ['open', 'send', 'open'],
  ['open', 'void', 'void'],
  ['open', 'mark_uncollectible', 'uncollectible'],
  ['open', 'credit', 'open'],
  ['open', 'void_credit_note', 'open'],

  ['uncollectible', 'edit', null, NOT_EDITABLE, 'invoice_not_editable'],
  ['uncollectible', 'annotate', 'uncollectible'],
  ['uncollectible', 'advance', null, SETTLED, 'invoice_not_editable'],
  ['uncollectible', 'choose_method', 'uncollectible'],
  ['uncollectible', 'delete', null, NOT_A_DRAFT, 'invoice_not_editable'],
  ['uncollectible', 'finalize', null, ALREADY_FINAL, 'invoice_not_editable'],
  ['uncollectible', 'pay', 'paid'],
  ['uncollectible', 'send', 'uncollectible'],
  ['uncollectible', 'void', 'void'],
  ['uncollectible', 'mark_uncollectible', null, NOT_OPEN],
  ['uncollectible', 'credit', null, NOT_CREDITABLE],
  ['uncollectible', 'void_credit_note', null, NO_CREDIT_TO_VOID],

  ['paid', 'edit', null, NOT_EDITABLE, 'invoice_not_editable'],
  ['paid', 'annotate', 'paid'],
  ['paid', 'advance', null, SETTLED, 'invoice_not_editable'],
  ['paid', 'choose_method', null, NOT_EDITABLE, 'invoice_not_editable'],
  ['paid', 'delete', null, NOT_A_DRAFT, 'invoice_not_editable'],
  ['paid', 'finalize', null, ALREADY_FINAL, 'invoice_not_editable'],
  ['paid', 'pay', null, 'Invoice is already paid'],
  ['paid', 'send', 'paid'],
  ['paid', 'void', null, NOT_OPEN],
  ['paid', 'mark_uncollectible', null, NOT_OPEN],
  ['paid', 'credit', 'paid'],
  ['paid', 'void_credit_note', null, NO_CREDIT_TO_VOID],

  ['void', 'edit', null, NOT_EDITABLE, 'invoice_not_editable'],
  ['void', 'annotate', 'void'],
  ['void', 'advance', null, SETTLED, 'invoice_not_editable'],
  ['void', 'choose_method', null, NOT_EDITABLE, 'invoice_not_editable'],
  ['void', 'delete', null, NOT_A_DRAFT, 'invoice_not_editable'],
  ['void', 'finalize', null, ALREADY_FINAL, 'invoice_not_editable'],
  ['void', 'pay', null, "You can't pay an invoice that has been voided."],
  ['void', 'send', null, "You can't send an invoice that has been voided."],
  ['void', 'void', null, NOT_OPEN],
  ['void', 'mark_uncollectible', null, NOT_OPEN],
  ['void', 'credit', null, NOT_CREDITABLE],
  ['void', 'void_credit_note', null, NO_CREDIT_TO_VOID],
];

const BY_NAME = new Map(ROWS.map((row) => [`${row[0]} ${row[1]}`, row]));

/** Throws the documented error where a verb does not go with the state of an invoice. */
export function checkTransition({ status }: Invoice, verb: InvoiceVerb): void {
  const row = BY_NAME.get(`${status} ${verb}`);
  if (row === undefined) throw new Error(`the table of transitions has no row for ${status} and ${verb}`);
  if (row[2] === null) throw invalidRequest(row[3], undefined, row[4]);
}
