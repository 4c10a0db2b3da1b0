import { requireTaxRates } from '../catalog/write_tax_rate.ts';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { checkItemCount, storeChange, withLines } from './change_draft.ts';
import type { InvoiceLine, WholeInvoice } from './invoice.ts';
import { type InvoiceItem, lineOf } from './invoice_item.ts';
import type {
  AddLinesParams,
  NewLineParams,
  RemoveLinesParams,
  UpdateLineParams,
  UpdateLinesParams,
} from './invoice_item.params.ts';
import { attachItems, findItem, findItems, insertItem, updateItem } from './invoice_item.sql.ts';
import { viewItem } from './invoice_item.view.ts';
import { changeItemDiscounts, withItems, withoutItems } from './item_discounts.ts';
import { nameAt, pricingIsGiven } from './item_pricing.ts';
import { appendLines, removeLines, updateLine } from './line.sql.ts';
import { lockInvoice } from './lock.ts';
import { termsOfRates } from './tax.ts';
import { applyChange, checkPeriod, newItem } from './write_item.ts';
import { deleteItems, freeItems } from './write_invoice.ts';

/**
 * Adds lines to a draft: pending items, or new ones that are made for it and told by `invoiceitem.created`. Tells
 * `invoice.updated` once. Errors name the line by its place in the request.
 */
export async function addLines(requested: Context, id: string, params: AddLinesParams): Promise<WholeInvoice> {
  const { context, whole } = await lockInvoice(requested, id, 'edit');
  const items: InvoiceItem[] = [];
  for (const [index, wanted] of params.lines.entries()) {
    const at = `lines[${index}]`;
    const item =
      wanted.invoice_item === undefined
        ? await makeItem(context, whole, wanted, at)
        : await takeItem(context, whole, wanted, wanted.invoice_item, at);
    items.push(item);
  }
  const lines = items.map((item) => lineOf(item));
  const all = [...whole.lines, ...lines];
  checkItemCount(all, 'lines');
  await appendLines(context, id, lines);
  return await finish(context, withItems(whole, items), all, params.invoice_metadata, whole);
}

async function makeItem(
  context: Context,
  { invoice }: WholeInvoice,
  params: NewLineParams,
  at: string,
): Promise<InvoiceItem> {
  const place = { customerId: invoice.customerId, currency: invoice.currency, invoiceId: invoice.id };
  const made = await newItem(context, params, place, at);
  const item = await changeItemDiscounts(context, made, params.discounts, nameAt(at, 'discounts'));
  await insertItem(context, item);
  await recordEvent(context, 'invoiceitem.created', viewItem(context, item));
  return item;
}

/** A pending item of the same customer, changed as the line wants it. */
async function takeItem(
  context: Context,
  { invoice }: WholeInvoice,
  params: NewLineParams,
  id: string,
  at: string,
): Promise<InvoiceItem> {
  const param = nameAt(at, 'invoice_item');
  const item = await findItem(context, id);
  if (item === undefined) throw resourceMissing('invoiceitem', id, param);
  if (item.customerId !== invoice.customerId) {
    throw invalidRequest(`The invoice item ${id} does not belong to customer ${invoice.customerId}.`, param);
  }
  if (item.invoiceId !== null) {
    throw invalidRequest(`The invoice item ${id} is already on the invoice ${item.invoiceId}.`, param);
  }
  if (item.currency !== invoice.currency) {
    throw invalidRequest(
      `The invoice item ${id} is in \`${item.currency}\`, but the invoice is in \`${invoice.currency}\`.`,
      param,
    );
  }
  const changed = await changeItem(context, item, params, at);
  await attachItems(context, [id], invoice.id);
  return { ...changed, invoiceId: invoice.id };
}

/** An item as its line wants it, with its discounts; stored. */
async function changeItem(
  context: Context,
  item: InvoiceItem,
  params: UpdateLineParams,
  at: string,
): Promise<InvoiceItem> {
  const applied = await applyChange(context, item, params, at);
  const changed = await changeItemDiscounts(context, applied, params.discounts, nameAt(at, 'discounts'));
  await updateItem(context, changed);
  return changed;
}

/** Changes lines of a draft, and the invoice items behind them. Tells `invoice.updated` once. */
export async function changeLines(requested: Context, id: string, params: UpdateLinesParams): Promise<WholeInvoice> {
  const { context, whole } = await lockInvoice(requested, id, 'edit');
  let after = whole;
  for (const [index, { id: lineId, ...wanted }] of params.lines.entries()) {
    const at = `lines[${index}]`;
    after = await changeLine(context, after, lineId, wanted, at, nameAt(at, 'id'));
  }
  return await finish(context, after, after.lines, params.invoice_metadata, whole);
}

/** Changes one line of a draft, and the invoice item behind it. Returns the draft with the line. */
export async function changeOneLine(
  requested: Context,
  id: string,
  lineId: string,
  params: UpdateLineParams,
): Promise<{ whole: WholeInvoice; line: InvoiceLine }> {
  const { context, whole } = await lockInvoice(requested, id, 'edit');
  const changed = await changeLine(context, whole, lineId, params, '', 'id');
  const after = await finish(context, changed, changed.lines, undefined, whole);
  const line = after.lines.find((each) => each.id === lineId);
  if (line === undefined) throw new Error(`the line ${lineId} is gone`);
  return { whole: after, line };
}

async function changeLine(
  context: Context,
  whole: WholeInvoice,
  lineId: string,
  params: UpdateLineParams,
  at: string,
  idParam: string,
): Promise<WholeInvoice> {
  const line = whole.lines.find((each) => each.id === lineId);
  if (line === undefined) throw resourceMissing('line_item', lineId, idParam);
  const { line: changed, items } = await applyToLine(context, line, params, at);
  await updateLine(context, whole.invoice.id, changed);
  const lines = whole.lines.map((each) => (each.id === lineId ? changed : each));
  return withItems({ ...whole, lines }, items);
}

async function applyToLine(
  context: Context,
  line: InvoiceLine,
  params: UpdateLineParams,
  at: string,
): Promise<{ readonly line: InvoiceLine; readonly items: readonly InvoiceItem[] }> {
  const item = line.invoiceItemId === null ? undefined : await findItem(context, line.invoiceItemId);
  if (item !== undefined) {
    const changed = await changeItem(context, item, params, at);
    return { line: lineOf(changed, line.id), items: [changed] };
  }
  return { line: await applyToSubscriptionLine(context, line, params, at), items: [] };
}

async function applyToSubscriptionLine(
  context: Context,
  line: InvoiceLine,
  params: UpdateLineParams,
  at: string,
): Promise<InvoiceLine> {
  if (params.discounts !== undefined) {
    throw invalidRequest(
      'The discounts of a subscription item cannot be changed on its line. Change those of the subscription item, or of the invoice, instead.',
      nameAt(at, 'discounts'),
      'invoice_not_editable',
    );
  }
  if (pricingIsGiven(params) || params.period !== undefined) {
    throw invalidRequest(
      'What a subscription item is charged cannot be changed on its line. Add a line with an amount of its own instead, which may be negative.',
      nameAt(at, params.period === undefined ? 'amount' : 'period'),
      'invoice_not_editable',
    );
  }
  const rates = await requireTaxRates(context, params.tax_rates ?? [], nameAt(at, 'tax_rates'));
  const ownMetadata = params.metadata === undefined ? {} : { hasOwnMetadata: true };
  return {
    ...line,
    description: params.description ?? line.description,
    period: checkPeriod(params.period, at) ?? line.period,
    discountable: params.discountable ?? line.discountable,
    taxRates: params.tax_rates === undefined ? line.taxRates : termsOfRates(rates),
    metadata: changeMetadata(line.metadata, params.metadata),
    ...ownMetadata,
  };
}

/**
 * Takes lines from a draft: `delete` takes their items away, each with its `invoiceitem.deleted`, `unassign` makes them
 * pending. Tells `invoice.updated` once.
 */
export async function takeLines(requested: Context, id: string, params: RemoveLinesParams): Promise<WholeInvoice> {
  const { context, whole } = await lockInvoice(requested, id, 'edit');
  const behaviors = new Map<string, 'delete' | 'unassign'>();
  for (const [index, { id: lineId, behavior }] of params.lines.entries()) {
    checkRemovable(whole, lineId, `lines[${index}][id]`);
    behaviors.set(lineId, behavior);
  }
  if (behaviors.size === 0) return await finish(context, whole, whole.lines, params.invoice_metadata, whole);
  const taken = whole.lines.filter((line) => behaviors.has(line.id));
  const items = await findItems(
    context,
    taken.map((line) => line.invoiceItemId ?? ''),
  );
  const behaviorOf = (item: InvoiceItem) =>
    behaviors.get(taken.find((line) => line.invoiceItemId === item.id)?.id ?? '');
  await removeLines(context, [...behaviors.keys()]);
  await freeItems(
    context,
    items.filter((item) => behaviorOf(item) === 'unassign'),
  );
  await deleteItems(
    context,
    items.filter((item) => behaviorOf(item) === 'delete'),
  );
  const rest = whole.lines.filter((line) => !behaviors.has(line.id));
  return await finish(context, withoutItems(whole, items), rest, params.invoice_metadata, whole);
}

function checkRemovable({ lines }: WholeInvoice, lineId: string, param: string): void {
  const line = lines.find((each) => each.id === lineId);
  if (line === undefined) throw resourceMissing('line_item', lineId, param);
  if (line.invoiceItemId !== null) return;
  throw invalidRequest(
    'The line of a subscription item cannot be removed. Add a line with a negative amount instead.',
    param,
    'invoice_not_editable',
  );
}

async function finish(
  context: Context,
  whole: WholeInvoice,
  lines: readonly InvoiceLine[],
  metadata: AddLinesParams['invoice_metadata'],
  stored: WholeInvoice,
): Promise<WholeInvoice> {
  const changed = withLines(whole, lines);
  const after = {
    ...changed,
    invoice: { ...changed.invoice, metadata: changeMetadata(changed.invoice.metadata, metadata) },
  };
  await storeChange(context, stored, after);
  return after;
}
