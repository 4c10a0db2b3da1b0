import { deleteOutlivedClocks } from './billing/clock.ts';
import { type Database } from './db/pool.ts';
import { deleteExpiredPreviews } from './invoices/preview.sql.ts';
import { type Schedule } from './jobs/worker.ts';
import { INVOICE_PREVIEW_HOURS, REJECTED_EVENT_DAYS, REQUEST_LOG_DAYS } from './limits.ts';
import { forgetIdentifiers } from './metering/identifier.sql.ts';
import { deleteExpiredRejected } from './metering/rejected_event.sql.ts';
import { deleteExpiredSessions } from './metering/meter_event_session.sql.ts';
import { foldDays, foldUsage } from './metering/fold.ts';
import { deleteExpiredRequestLogs } from './request_log/request_log.sql.ts';
import { deleteExpiredAnswers } from './stripe/idempotency.sql.ts';
import { watchAll } from './billing/watch_usage.ts';

/**
 * Every schedule, in UTC: hours that are over are folded each minute, days each hour; what has expired is swept hourly, a few minutes
 * apart. `stopping` ends work that can be gone on with later.
 */
export function allSchedules(
  { kysely }: Database,
  now: () => Temporal.Instant,
  stopping: AbortSignal,
  baseUrl: string,
): Schedule[] {
  const sweep = (name: string, cron: string, hours: number, remove: typeof deleteExpiredAnswers): Schedule => ({
    name,
    cron,
    async run() {
      await remove(kysely, now().subtract({ hours }));
    },
  });
  return [
    {
      name: 'fold-usage',
      cron: '* * * * *',
      async run() {
        await foldUsage(kysely, now(), stopping);
      },
    },
    {
      name: 'fold-usage-of-days',
      // Once an hour: a pass looks at the hours of today as well, which stay as they are until the day is over.
      cron: '11 * * * *',
      async run() {
        await foldDays(kysely, now(), stopping);
      },
    },
    sweep('forget-idempotency-keys', '7 * * * *', 0, deleteExpiredAnswers),
    sweep('forget-meter-event-sessions', '37 * * * *', 0, deleteExpiredSessions),
    sweep('forget-rejected-events', '47 3 * * *', REJECTED_EVENT_DAYS * 24, deleteExpiredRejected),
    sweep('forget-invoice-previews', '17 * * * *', INVOICE_PREVIEW_HOURS, deleteExpiredPreviews),
    sweep('forget-requests', '27 * * * *', REQUEST_LOG_DAYS * 24, deleteExpiredRequestLogs),
    // Usage that a process had counted when it died, or that was imported by a process of its own.
    { name: 'watch-all-usage', cron: '*/5 * * * *', run: () => watchAll(kysely, now()) },
    {
      name: 'delete-outlived-clocks',
      cron: '57 * * * *',
      async run() {
        await deleteOutlivedClocks(kysely, now(), baseUrl);
      },
    },
    {
      name: 'forget-event-identifiers',
      // Once a day: it reads the whole table.
      cron: '27 3 * * *',
      async run() {
        await forgetIdentifiers(kysely, now());
      },
    },
  ];
}
