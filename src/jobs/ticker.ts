import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

/** Work that is looked for more often than a schedule of minutes allows. Every process does it, so it must share. */
export type Tick = {
  readonly name: string;
  /** The pause between the end of one turn and the begin of the next: turns never overlap. */
  readonly pauseMs: number;
  run(): Promise<void>;
};

/** The running ticker. `stop` waits for the turn in hand. */
export type Ticker = { stop(): Promise<void> };

/**
 * Does the work again and again until stopped. A turn that fails is told once, and so is the first good one after it: an
 * outage of the database is a line and not one each second.
 */
export function startTicker(tick: Tick, log: Logger): Ticker {
  const stopping = new AbortController();
  const over = repeat(tick, log, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await over;
    },
  };
}

async function repeat({ name, pauseMs, run }: Tick, log: Logger, signal: AbortSignal): Promise<void> {
  let isFailing = false;
  for (;;) {
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      await run();
      if (isFailing) log.info({ tick: name }, 'the repeated work succeeds again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.error({ err: error, tick: name }, 'the repeated work failed and will be tried again');
      isFailing = true;
    }
  }
}
