import assert from 'node:assert/strict';
import { storedNotes } from './credit_notes.sql.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import type { Period } from '../time/period.ts';
import { explainDiscounts } from './explain_discounts.ts';
import { explainTaxes } from './explain_taxes.ts';
import { chargesOf, findingsOfCharge, findingsOfTotals, type InvoiceCharge } from './invoice_charges.ts';
import { findStoredPreview } from './preview.sql.ts';
import { inDecimals, minus, NOUGHT, plus } from './rational.ts';
import {
  findStoredInvoice,
  type StoredInvoice,
  type StoredLine,
  storedLines,
  type StoredMeter,
  storedMeters,
  type StoredPrice,
  storedPrices,
} from './stored.sql.ts';
import { isArchived, usageByDay, usageFromEvents } from './usage.sql.ts';

/** Whose invoice it is, and where it is stored. */
type Space = Pick<Context, 'account' | 'db' | 'now'>;

/**
 * How an invoice, or a recent preview, came about: for each charge its price, the arithmetic of each line in exact decimals, and the usage by
 * day and combination of dimension values with the request that lists the events. It is recomputed here from what is
 * stored, by arithmetic of its own; that it sums to the invoice is asserted. Throws resource_missing.
 */
export async function explainInvoice(context: Space, id: string): Promise<JsonObject> {
  const { db, account } = context;
  const { invoice, lines } = await requireStored(context, id);
  const prices = await storedPrices(
    db,
    account.id,
    idsOf(lines, (line) => line.price_id),
  );
  const charges = chargesOf(invoice, lines, new Map(prices.map((price) => [price.id, price])));
  const notes = await storedNotes(db, account.id, [id]);
  const findings = [...charges.flatMap(findingsOfCharge), ...findingsOfTotals(invoice, charges)];
  assert.deepEqual(findings, [], `the invoice ${id} is not what its prices and quantities say`);
  const meters = await storedMeters(
    db,
    account.id,
    idsOf(prices, (price) => price.meter_id),
  );
  const explained = [];
  for (const charge of charges) explained.push(await viewCharge(context, invoice, charge, meters));
  return {
    object: 'usance.invoice_explanation',
    invoice: id,
    currency: invoice.currency,
    charges: explained,
    subtotal: invoice.subtotal,
    subtotal_steps: sumSteps(lines),
    discounts: explainDiscounts(invoice, lines),
    ...explainTaxes(invoice, lines),
    total: invoice.total,
    credit_notes: notes.map((note) => ({
      credit_note: note.id,
      number: note.number,
      status: note.status,
      total: note.total,
      pre_payment_amount: note.pre_payment_amount,
      post_payment_amount: note.post_payment_amount,
    })),
    amount_due: invoice.amount_due,
    livemode: account.livemode,
  };
}

/** A stored invoice or a recent preview, with all its lines. */
async function requireStored(
  { db, account, now }: Space,
  id: string,
): Promise<{ invoice: StoredInvoice; lines: readonly StoredLine[] }> {
  const invoice = await findStoredInvoice(db, account.id, id);
  if (invoice !== undefined) return { invoice, lines: await storedLines(db, account.id, [id]) };
  const preview = await findStoredPreview(db, account.id, id, now);
  if (preview === undefined) throw resourceMissing('invoice', id);
  return preview;
}

function idsOf<T>(rows: readonly T[], read: (row: T) => string | null): string[] {
  return [...new Set(rows.map(read).filter((id) => id !== null))];
}

function sumSteps(lines: readonly StoredLine[]): string {
  const sum = lines.reduce((total, line) => total + line.amount, 0n);
  return lines.length === 0 ? '0' : `${lines.map((line) => String(line.amount)).join(' + ')} = ${sum}`;
}

async function viewCharge(
  context: Space,
  invoice: StoredInvoice,
  charge: InvoiceCharge,
  meters: readonly StoredMeter[],
): Promise<JsonObject> {
  const { lines, expected, price, billed, before } = charge;
  const meter = meters.find((candidate) => candidate.id === price?.meter_id);
  return {
    subscription_item: lines[0]?.subscription_item_id ?? null,
    invoice_item: lines[0]?.invoice_item_id ?? null,
    price: price && viewPrice(price, invoice.currency),
    quantity: inDecimals(billed),
    // Of usage that came after the invoice of its period was final.
    quantity_billed_before: before && inDecimals(before),
    amount: expected.reduce((sum, line) => sum + line.amount, 0n),
    lines: lines.map((line, index) => ({
      line: line.id,
      description: line.description,
      quantity: line.quantity,
      unit_amount: line.unit_amount,
      amount: line.amount,
      steps: expected[index]?.steps ?? [],
    })),
    usage: meter === undefined || price === null ? null : await viewUsage(context, invoice, charge, meter, price),
  };
}

function viewPrice(price: StoredPrice, currency: string): JsonObject {
  const amounts = currency === price.currency ? price : price.currency_options[currency];
  return {
    id: price.id,
    unit_amount: amounts?.unit_amount ?? null,
    tiers_mode: price.tiers_mode,
    tiers: amounts?.tiers?.map((tier) => ({ ...tier })) ?? null,
    transform_quantity:
      price.transform_divide_by === null
        ? null
        : { divide_by: price.transform_divide_by, round: price.transform_round },
    dimension_filter: price.dimension_filter,
  };
}

async function viewUsage(
  context: Space,
  { customer_id: customerId }: StoredInvoice,
  { lines, billed, before }: InvoiceCharge,
  meter: StoredMeter,
  price: StoredPrice,
): Promise<JsonObject> {
  const { db, account } = context;
  const period = periodOf(lines);
  const question = { accountId: account.id, meter, customerId, period, filter: price.dimension_filter };
  const archived = await isArchived(db, period);
  const total = await usageFromEvents(db, question);
  const groups = await usageByDay(db, question);
  return {
    meter: meter.id,
    formula: meter.formula,
    event_time_window: meter.event_time_window,
    period: { start: toUnix(period.start), end: toUnix(period.end) },
    // Raw events of months that were exported and dropped are not here to be added up.
    events_archived: archived,
    quantity: inDecimals(total),
    // Of the same period: by threshold invoices, or before it came late.
    quantity_billed_before: inDecimals(before ?? NOUGHT),
    // What was sent or corrected after the invoice was computed.
    quantity_not_billed: inDecimals(minus(total, plus(billed, before ?? NOUGHT))),
    by_day: groups.map((group) => ({
      day: group.day,
      dimensions: group.dimensions,
      event_count: group.eventCount,
      quantity: inDecimals(group.quantity),
    })),
    events: {
      method: 'GET',
      path: '/v1/usance/meter_events',
      parameters: {
        meter: meter.id,
        customer: customerId,
        status: 'counted',
        'timestamp[gte]': toUnix(period.start),
        'timestamp[lt]': toUnix(period.end),
        ...Object.fromEntries(Object.entries(question.filter).map(([key, value]) => [`dimensions[${key}]`, value])),
      },
    },
  };
}

function periodOf(lines: readonly StoredLine[]): Period {
  const [line] = lines;
  if (line === undefined) throw new Error('a charge has at least one line');
  return { start: line.period_start_at, end: line.period_end_at };
}
