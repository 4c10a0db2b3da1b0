import type { Queryable } from '../db/pool.ts';
import { inTransaction } from '../db/transaction.ts';
import { insertThinEvent } from '../events/thin_event.sql.ts';
import { ERROR_REPORT_DELAY_SECONDS, ERROR_REPORT_WINDOW_SECONDS, MAX_REPORTS_PER_TURN } from '../limits.ts';
import { newModeId } from '../stripe/ids.ts';
import { toRfc3339 } from '../time/instant.ts';
import { findGroups, hasUnreported, tryLockReports, takeGroup } from './error_report.sql.ts';

/** Rejected events that one report tells of: those of a meter, or of none, within a window of receipt. */
export type ErrorGroup = {
  readonly account: { readonly id: string; readonly livemode: boolean };
  readonly start: Temporal.Instant;
  readonly meterId: string | null;
  /** The event names among them. */
  readonly eventNames: readonly string[];
};

/** Errors of one kind, with some of them as examples. */
export type ErrorType = {
  readonly code: string;
  readonly count: number;
  readonly samples: readonly { readonly message: string; readonly identifier: string | null }[];
};

/**
 * Tells the accounts which events of the stream could not be counted: for each meter, and for events without a meter, one
 * thin event for every 10 seconds in which there were any, about 2 seconds after their end (the windows of the reference's
 * examples). What was written too late for that gets a report of its own. Returns how many reports it made.
 *
 * Any number of processes may run it: an event is marked with its report in the transaction that records the report.
 */
export async function reportErrors(db: Queryable, now: Temporal.Instant): Promise<number> {
  const before = endOfLastWindow(now);
  let made = 0;
  while (await hasUnreported(db, before)) {
    let reports = 0;
    for (const group of await findGroups(db, before, MAX_REPORTS_PER_TURN)) {
      if (await inTransaction(db, async (transaction) => await report(transaction, group, now))) reports++;
    }
    // Another process is at it.
    if (reports === 0) break;
    made += reports;
  }
  return made;
}

/** The end of the last window that is over for long enough. */
function endOfLastWindow(now: Temporal.Instant): Temporal.Instant {
  const windowMs = ERROR_REPORT_WINDOW_SECONDS * 1000;
  const latestMs = now.epochMilliseconds - ERROR_REPORT_DELAY_SECONDS * 1000;
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(latestMs / windowMs) * windowMs);
}

/** Reports a group; false when nothing of it is left to report, or another process is reporting. */
async function report(transaction: Queryable, group: ErrorGroup, now: Temporal.Instant): Promise<boolean> {
  if (!(await tryLockReports(transaction))) return false;
  const { account, meterId } = group;
  const id = newModeId('event', account.livemode);
  const types = await takeGroup(transaction, group, id);
  if (types.length === 0) return false;
  await insertThinEvent(transaction, {
    accountId: account.id,
    id,
    type: meterId === null ? 'v1.billing.meter.no_meter_found' : 'v1.billing.meter.error_report_triggered',
    related: meterId === null ? null : { id: meterId, type: 'billing.meter' },
    data: viewReport(group, types),
    createdAt: now,
  });
  return true;
}

/** The data of both kinds of report (reference: events `v1.billing.meter.error_report_triggered`, `…no_meter_found`). */
function viewReport({ start }: ErrorGroup, types: readonly ErrorType[]) {
  const count = types.reduce((total, type) => total + type.count, 0);
  const end = start.add({ seconds: ERROR_REPORT_WINDOW_SECONDS });
  return {
    developer_message_summary: count === 1 ? 'There is 1 invalid event' : `There are ${count} invalid events`,
    reason: { error_count: count, error_types: types.map(viewType) },
    validation_end: toRfc3339(end.epochMilliseconds),
    validation_start: toRfc3339(start.epochMilliseconds),
  };
}

function viewType({ code, count, samples }: ErrorType) {
  return {
    code,
    error_count: count,
    // An entry of a wrong shape may have no identifier; the reference always has a text there.
    sample_errors: samples.map(({ message, identifier }) => ({
      error_message: message,
      request: { identifier: identifier ?? '' },
    })),
  };
}
