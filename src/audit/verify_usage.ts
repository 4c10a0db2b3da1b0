import type { Queryable } from '../db/pool.ts';
import type { Finding, InvoiceCharge } from './invoice_charges.ts';
import { billedOfPeriod } from './late.sql.ts';
import { compare, inDecimals, isEqual, minus, NOUGHT, plus, type Rational, rational } from './rational.ts';
import { countedAt } from './received.sql.ts';
import type { StoredInvoice, StoredLine, StoredMeter } from './stored.sql.ts';
import { isArchived, usageFromEvents, type UsageQuestion } from './usage.sql.ts';

type Unchecked = {
  /** The raw events of a line were exported and dropped. */
  unchecked(subject: string): void;
};

/** An event that is received so shortly before usage is counted may be written after that. */
const IN_FLIGHT_MILLISECONDS = 20;

/**
 * What a metered charge counts must be the usage of its period: what counts now, or what counted when the invoice was
 * made or finalized, by the order of receipt, since later events and corrections belong to no bill that is out. A charge of late usage counts what
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
    listener.unchecked(line.id);
    return;
  }
  const now = billable(await usageFromEvents(db, question));
  const earlier = before ?? NOUGHT;
  const counted = plus(earlier, billed);
  if (isEqual(now, counted)) return;
  const billedAt = invoice.test_clock_id === null ? null : await countedAt(db, invoice, line);
  if (await wasUsage(db, billedAt === null ? wallTimes(invoice, line) : clockTimes(billedAt), question, counted))
    return;
  const then = billedAt === null ? now : billable(await usageFromEvents(db, { ...question, asOf: billedAt }));
  // Usage that was taken back after a part of the period was billed gives nothing back.
  const rest = billable(minus(then, earlier));
  if (isEqual(rest, billed)) return;
  tell({ what: `usage of line ${line.id}`, expected: inDecimals(rest), found: inDecimals(billed) });
}

type AsOf = Pick<UsageQuestion, 'asOf' | 'cancelledBy'>;

/** Times of invoices are whole seconds, those of events are finer: an event of that second may be on either side. */
function wallTimes(invoice: StoredInvoice, line: StoredLine): AsOf[] {
  const times = [line.item_created_at, invoice.created_at, invoice.finalized_at].filter((at) => at !== null);
  return times.flatMap((at) => [{ asOf: at }, { asOf: at.add({ seconds: 1 }) }]);
}

/** Events are received in wall time, also those of a test clock; what is cancelled in that second may be so before or after. */
function clockTimes(billedAt: Temporal.Instant): AsOf[] {
  const cancelledBy = billedAt.round({ smallestUnit: 'second', roundingMode: 'floor' }).subtract({ seconds: 1 });
  return [billedAt, billedAt.subtract({ milliseconds: IN_FLIGHT_MILLISECONDS })].flatMap((asOf) => [
    { asOf },
    { asOf, cancelledBy },
  ]);
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

async function wasUsage(
  db: Queryable,
  times: readonly AsOf[],
  question: UsageQuestion,
  billed: Rational,
): Promise<boolean> {
  for (const time of times) {
    if (isEqual(billable(await usageFromEvents(db, { ...question, ...time })), billed)) return true;
  }
  return false;
}
