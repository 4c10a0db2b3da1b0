import { Logger as WorkerLogger, parseCronItems, run, type Runner } from 'graphile-worker';
import type pg from 'pg';
import type { Logger } from 'pino';

/** Work that is done again and again. `cron` is in UTC; of many processes one does each turn. */
export type Schedule = {
  readonly name: string;
  readonly cron: string;
  run(): Promise<void>;
};

/** Starts the job runner on the pool. Its own tables live in the schema `graphile_worker`, which it migrates itself. */
export async function startWorker(pool: pg.Pool, schedules: readonly Schedule[], log: Logger): Promise<Runner> {
  return await run({
    pgPool: pool,
    concurrency: 1,
    noHandleSignals: true,
    taskList: Object.fromEntries(schedules.map((schedule) => [schedule.name, () => schedule.run()])),
    parsedCronItems: parseCronItems(
      schedules.map(({ name, cron }) => ({ task: name, match: cron, options: { backfillPeriod: 0 } })),
    ),
    logger: new WorkerLogger(() => (level, message) => forward(log, level, message)),
  });
}

/** What the runner calls information (a line a start and a job) is detail here. */
function forward(log: Logger, level: string, message: string): void {
  if (level === 'error') log.error(message);
  else if (level === 'warning') log.warn(message);
  else log.debug(message);
}
