import { taxRateIds } from '../catalog/tax_rate.params.ts';
import { MAX_CREDIT_NOTE_LINES, MAX_QUANTITY } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import {
  bigInteger,
  clearable,
  decimalBetween,
  list,
  metadata,
  oneOf,
  string,
  timestamp,
  unserved,
} from '../stripe/params.types.ts';

/** Above the largest total of any currency: what exceeds what is left is told by the verb. */
const WIDEST_AMOUNT = 10n ** 15n;

const positiveAmount = bigInteger(1n, WIDEST_AMOUNT);
const anyAmount = bigInteger(0n, WIDEST_AMOUNT);

const line = object({
  amount: bigInteger(-WIDEST_AMOUNT, WIDEST_AMOUNT),
  description: string(),
  invoice_line_item: string(),
  metadata: clearable(metadata()),
  quantity: bigInteger(1n, MAX_QUANTITY),
  // Only for rates that were made by automatic taxes.
  tax_amounts: unserved(),
  tax_rates: clearable(taxRateIds),
  type: required(oneOf('custom_line_item', 'invoice_line_item')),
  unit_amount: anyAmount,
  unit_amount_decimal: decimalBetween(0n, WIDEST_AMOUNT),
});

export type CreditNoteLineParams = ParamsOf<typeof line>;

const refund = object({
  amount_refunded: positiveAmount,
  payment_record_refund: unserved(),
  refund: string(),
  type: oneOf('payment_record_refund', 'refund'),
});

const create = {
  amount: positiveAmount,
  credit_amount: anyAmount,
  effective_at: timestamp(),
  email_type: oneOf('credit_note', 'none'),
  invoice: required(string()),
  lines: list(line, { max: MAX_CREDIT_NOTE_LINES }),
  memo: string(),
  metadata: clearable(metadata()),
  out_of_band_amount: anyAmount,
  reason: oneOf('duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'),
  refund_amount: anyAmount,
  refunds: list(refund, { max: 20 }),
  shipping_cost: unserved(),
};

export const createCreditNoteParams = object(create);

export type CreateCreditNoteParams = ParamsOf<typeof createCreditNoteParams>;

export const previewLinesParams = object({ ...PAGING, ...create });

export const updateCreditNoteParams = object({ memo: string(), metadata: clearable(metadata()) });

export type CreditNoteChange = ParamsOf<typeof updateCreditNoteParams>;

export const listCreditNotesParams = object({
  ...PAGING,
  created: timeRange(),
  customer: string(),
  customer_account: unserved(),
  invoice: string(),
});

export type ListCreditNotesParams = ParamsOf<typeof listCreditNotesParams>;

export const listCreditNoteLinesParams = object({ ...PAGING });

export const noParams = object({});
