import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './server.ts';

/** The wait before a start; it doubles with every one that fails. A killed server is back after one such wait. */
const FIRST_DELAY_MILLISECONDS = 100;

/** A longer wait would prolong an outage whose cause, such as a full disk, somebody has just removed. */
const MAX_DELAY_MILLISECONDS = 5_000;

/** After a quarter of a minute of waits it needs a person, who shall see at once that nothing runs any more. */
const MAX_FAILED_STARTS = 8;

/** What a supervisor needs to know of the server that it keeps running. */
export type Supervised = {
  /** Starts the server again and resolves when it is ready; ends early, with an error, when the signal aborts. */
  launch: (stopping: AbortSignal) => Promise<Server>;
  log: (line: string) => void;
  logPath: string;
};

/** Keeps a server running. `failed` resolves with a sentence once it has given up; `stop` ends server and supervision. */
export type Supervisor = { failed: Promise<string>; stop(): Promise<void> };

/** Starts the server again whenever it ends without `stop`, until eight starts in a row have not become ready. */
export function supervise(first: Server, supervised: Supervised): Supervisor {
  const stopping = new AbortController();
  let server: Server | undefined = first;
  const watch = async (): Promise<string | undefined> => {
    for (;;) {
      await server?.ended;
      if (stopping.signal.aborted) return undefined;
      supervised.log(
        `PostgreSQL ended unexpectedly (${server?.exit}) and is started again; its log is ${supervised.logPath}.`,
      );
      server = undefined;
      const next = await startAgain(supervised, stopping.signal);
      if (typeof next === 'string') return stopping.signal.aborted ? undefined : next;
      server = next;
      // It became ready in the moment of the stop, which knew of no server to stop.
      if (stopping.signal.aborted) await server.stop();
      else supervised.log('PostgreSQL is back.');
    }
  };
  const over = watch();
  const failed = new Promise<string>((resolve) => {
    void over.then((failure) => failure !== undefined && resolve(failure));
  });
  return {
    failed,
    stop: async () => {
      stopping.abort();
      await server?.stop();
      await over;
    },
  };
}

/** The server once it is ready, or a sentence that says why there is none. */
async function startAgain({ launch, log }: Supervised, stopping: AbortSignal): Promise<Server | string> {
  let delay = FIRST_DELAY_MILLISECONDS;
  for (let failures = 1; ; failures++) {
    try {
      await sleep(delay, undefined, { signal: stopping });
      return await launch(stopping);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      if (stopping.aborted) return problem;
      if (failures === MAX_FAILED_STARTS) {
        return `PostgreSQL ended unexpectedly, and ${MAX_FAILED_STARTS} starts in a row have failed. ${problem}`;
      }
      delay = Math.min(2 * delay, MAX_DELAY_MILLISECONDS);
      log(`PostgreSQL does not start; the next attempt is in ${delay / 1000} s.`);
    }
  }
}
