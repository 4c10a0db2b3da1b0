import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

/** Work that is looked for more often than a schedule of minutes allows. Every process does it, so it must share. */
export type Tick = {
  readonly name: string;
  /** The pause between the end of one turn and the begin of the next: turns never overlap. */
  readonly pauseMs: number;
  run(): Promise<void>;
};

export type Ticker = {
  /** Ends the pause; during a turn, the next one follows at once. */
  wake(): void;
  /** Waits for the turn in hand. */
  stop(): Promise<void>;
};

/**
 * Does the work again and again until stopped. A turn that fails is told once, and so is the first good one after it: an
 * outage of the database is a line and not one each second.
 */
export function startTicker(tick: Tick, log: Logger): Ticker {
  const stopping = new AbortController();
  const alarm = newAlarm(stopping.signal);
  const over = repeat(tick, log, alarm, stopping.signal);
  return {
    wake: alarm.ring,
    async stop() {
      stopping.abort();
      await over;
    },
  };
}

type Alarm = {
  ring(): void;
  /** Resolves after so long, when it is rung, or when the signal aborts. A ring since the last pause counts. */
  pause(ms: number): Promise<void>;
};

function newAlarm(signal: AbortSignal): Alarm {
  let ringing = new AbortController();
  return {
    ring: () => ringing.abort(),
    async pause(ms) {
      await sleep(ms, undefined, { signal: AbortSignal.any([signal, ringing.signal]) }).catch(() => {});
      ringing = new AbortController();
    },
  };
}

async function repeat({ name, pauseMs, run }: Tick, log: Logger, alarm: Alarm, signal: AbortSignal): Promise<void> {
  let isFailing = false;
  for (;;) {
    await alarm.pause(pauseMs);
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
