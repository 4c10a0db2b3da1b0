import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger as WorkerLogger, parseCronItems, run, type RunnerOptions, type WorkerEvents } from 'graphile-worker';
import type pg from 'pg';
import type { Logger } from 'pino';
import { WORKER_RESTART_MILLISECONDS } from '../limits.ts';
import { runnerPool } from './runner_pool.ts';

/** Work that is done again and again. `cron` is in UTC; of many processes one does each turn. */
export type Schedule = {
  readonly name: string;
  readonly cron: string;
  run(): Promise<void>;
};

/** What is done when a job of that name is asked for (`queueJob`): in one process, right after the commit. */
export type Jobs = Readonly<Record<string, () => void>>;

/** The running job runner. `stop` waits for the job in hand. */
export type Worker = { stop(): Promise<void> };

/**
 * Starts the job runner on the pool; throws when the database is away at this moment. Its own tables live in the schema
 * `graphile_worker`, which it migrates itself. It survives an outage of the database: a turn of a schedule that falls
 * into one is left out, the next is done.
 */
export async function startWorker(
  pool: pg.Pool,
  schedules: readonly Schedule[],
  log: Logger,
  jobs: Jobs = {},
): Promise<Worker> {
  const stopping = new AbortController();
  let worker: StoppableWorker | undefined = await startRunner(pool, schedules, log, jobs);
  const keepRunning = async () => {
    while (!stopping.signal.aborted) {
      await worker?.ended;
      worker = undefined;
      await sleep(WORKER_RESTART_MILLISECONDS, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      worker = await startRunner(pool, schedules, log, jobs).catch((error: unknown) => {
        log.warn({ err: error }, 'the job runner does not start yet');
        return undefined;
      });
      if (stopping.signal.aborted) await worker?.stop();
    }
  };
  const over = keepRunning();
  return {
    async stop() {
      stopping.abort();
      await worker?.stop();
      await over;
    },
  };
}

/** A runner that ends with `stop`, or by itself when the database fails it: it is then to be replaced. */
type StoppableWorker = Worker & { readonly ended: Promise<void> };

async function startRunner(
  pool: pg.Pool,
  schedules: readonly Schedule[],
  log: Logger,
  jobs: Jobs,
): Promise<StoppableWorker> {
  const events: WorkerEvents = new EventEmitter();
  // It also comes when the runner gives up, because it can't tell the database what became of a job.
  const ended = new Promise<void>((resolve) => events.once('pool:release', () => resolve()));
  const runner = await run(runnerOptions(pool, schedules, log, jobs, events));
  const stop = async () => {
    // Its own promise would also wait for its schedules, which after failures sleep for a minute before they notice.
    runner.stop().catch(() => {});
    await ended;
  };
  // A runner that can't ask for jobs may have kept the failure in its caches, and would then fail for ever.
  events.once('worker:getJob:error', () => setImmediate(() => void stop()));
  return { stop, ended };
}

function runnerOptions(
  pool: pg.Pool,
  schedules: readonly Schedule[],
  log: Logger,
  jobs: Jobs,
  events: WorkerEvents,
): RunnerOptions {
  return {
    pgPool: runnerPool(pool),
    // A sweep of hours must not keep the folding of usage waiting.
    concurrency: 2,
    noHandleSignals: true,
    taskList: {
      ...Object.fromEntries(schedules.map((schedule) => [schedule.name, () => schedule.run()])),
      ...Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, () => job()])),
    },
    parsedCronItems: parseCronItems(
      schedules.map(({ name, cron }) => ({ task: name, match: cron, options: { backfillPeriod: 0 } })),
    ),
    events,
    // Without a delay the runner lets the promise of this write fly, and its rejection would end the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    logger: new WorkerLogger(() => (level, message) => forward(log, level, message)),
  };
}

/** What the runner calls information (a line a start and a job) is detail here. */
function forward(log: Logger, level: string, message: string): void {
  if (level === 'error') log.error(message);
  else if (level === 'warning') log.warn(message);
  else log.debug(message);
}
