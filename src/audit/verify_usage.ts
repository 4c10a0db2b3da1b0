import type { Queryable } from '../db/pool.ts';
import type { Finding, InvoiceCharge } from './invoice_charges.ts';
import { billedOfPeriod } from './late.sql.ts';
import { compare, inDecimals, isEqual, minus, NOUGHT, plus, type Rational, rational } from './rational.ts';
import type { StoredInvoice, StoredLine, StoredMeter } from './stored.sql.ts';
import { isArchived, usageFromEvents, type UsageQuestion } from './usage.sql.ts';

/**
 * Why a line can't be checked: its raw events were exported and dropped; or it is on a test clock and counts other usage than
 * there is now, and nobody can tell what came after it.
 */
export type UncheckedReason = 'archived' | 'changed_on_clock';

type Unchecked = { unchecked(subject: string, reason: UncheckedReason): void };

/**
 * What a metered charge counts must be the usage of its period: what counts now, or what counted when the invoice was
 * made or finalized, since later events and corrections belong to no bill that is out. A charge of late usage counts what
 * earlier ones left of it.
 */
export async function verifyUsage(
  db: Queryable,
  invoice: StoredInvoice,
  { lines, price, billed, before }: InvoiceCharge,
  meters: ReadonlyMap<string, StoredMeter>,
  tell: (finding: Finding) => void,
  listener: Unchecked,
): Promise<void> {
  const [line] = lines;
  const meter = price === null || price.meter_id === null ? undefined : meters.get(price.meter_id);
  if (line === undefined || meter === undefined || price === null) return;
  if (before !== null) await verifyBefore(db, invoice, line, before, tell);
  const period = { start: line.period_start_at, end: line.period_end_at };
  const question = {
    accountId: invoice.account_id,
    meter,
    customerId: invoice.customer_id,
    period,
    filter: price.dimension_filter,
  };
  if (await isArchived(db, period)) {
    listener.unchecked(line.id, 'archived');
    return;
  }
  const now = billable(await usageFromEvents(db, question));
  const counted = plus(before ?? NOUGHT, billed);
  const times = [line.item_created_at, invoice.created_at, invoice.finalized_at];
  if (isEqual(now, counted) || (await wasUsage(db, times, question, counted))) return;
  // Events are received in wall time, and invoices on a clock are made in its own: which came before which nobody can tell.
  if (invoice.test_clock_id !== null) {
    const { in_all: all } = await billedOfPeriod(db, invoice.account_id, line.id);
    if (!isEqual(now, rational(all))) listener.unchecked(line.id, 'changed_on_clock');
    return;
  }
  const rest = before === null ? now : minus(now, before);
  tell({ what: `usage of line ${line.id}`, expected: inDecimals(rest), found: inDecimals(billed) });
}

/** What a charge of late usage says was billed before must be what earlier invoices billed, so that nothing is billed twice. */
async function verifyBefore(
  db: Queryable,
  { account_id: accountId }: StoredInvoice,
  { id }: StoredLine,
  found: Rational,
  tell: (finding: Finding) => void,
): Promise<void> {
  const { before, before_or_voided: orVoided } = await billedOfPeriod(db, accountId, id);
  if ([before, orVoided].some((sum) => isEqual(rational(sum), found))) return;
  tell({ what: `billed before line ${id}`, expected: before, found: inDecimals(found) });
}

/** Usage below zero is billed as zero. */
function billable(usage: Rational): Rational {
  return compare(usage, NOUGHT) < 0 ? NOUGHT : usage;
}

/** Times of invoices are whole seconds, those of events are finer: an event of that second may be on either side. */
async function wasUsage(
  db: Queryable,
  times: readonly (Temporal.Instant | null)[],
  question: UsageQuestion,
  billed: Rational,
): Promise<boolean> {
  for (const at of times) {
    if (at === null) continue;
    for (const asOf of [at, at.add({ seconds: 1 })]) {
      if (isEqual(billable(await usageFromEvents(db, { ...question, asOf })), billed)) return true;
    }
  }
  return false;
}
