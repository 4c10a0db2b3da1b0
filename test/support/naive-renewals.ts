/** A usage event as the auditor keeps it: when it happened, and what time it was when it was sent. Unix seconds. */
export type SentUsage = { readonly at: number; readonly sentAt: number; readonly value: bigint };

/** What a monthly metered subscription must have been billed for one period. */
export type ExpectedInvoice = { readonly start: number; readonly end: number; readonly cents: bigint };

const DRAFT_SECONDS = 3_600;

/**
 * Bills usage month by month, by adding up events one at a time: all that happened in a period and was sent before its
 * draft was finalized, an hour after its end. `hundredths` is the price of a unit in hundredths of a cent. Shares nothing
 * with the product, not even its calendar.
 */
export function naiveInvoices(
  anchor: number,
  until: number,
  hundredths: bigint,
  events: readonly SentUsage[],
): ExpectedInvoice[] {
  const invoices: ExpectedInvoice[] = [];
  for (let month = 0; ; month++) {
    const [start, end] = [boundary(anchor, month), boundary(anchor, month + 1)];
    if (end + DRAFT_SECONDS > until) return invoices;
    let total = 0n;
    for (const { at, sentAt, value } of events) {
      if (at >= start && at < end && sentAt < end + DRAFT_SECONDS) total += value;
    }
    // Half a cent is rounded up; usage below zero is billed as none.
    const cents = total <= 0n ? 0n : (total * hundredths * 2n + 100n) / 200n;
    invoices.push({ start, end, cents });
  }
}

/** The anchor's day and time so many months later, or the last day of a month that has no such day. */
function boundary(anchor: number, months: number): number {
  const date = new Date(anchor * 1000);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + months, date.getUTCDate()];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day, lastDay)) / 1000 + (anchor % 86_400);
}
