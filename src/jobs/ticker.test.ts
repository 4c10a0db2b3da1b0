import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { startTicker } from './ticker.ts';

/** A real log whose lines can be read. */
function readableLog(): { log: Logger; lines: { level: number; msg: string; tick: string }[] } {
  const lines: { level: number; msg: string; tick: string }[] = [];
  return { log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }), lines };
}

test('turns follow each other without overlapping, however long one takes', async () => {
  let running = 0;
  let mostAtOnce = 0;
  let turns = 0;
  const ticker = startTicker(
    {
      name: 'slow',
      pauseMs: 1,
      async run() {
        running++;
        mostAtOnce = Math.max(mostAtOnce, running);
        await sleep(5);
        running--;
        turns++;
      },
    },
    readableLog().log,
  );
  await vi.waitUntil(() => turns >= 5);
  await ticker.stop();
  expect(mostAtOnce).toBe(1);
});

test('stopping waits for the turn in hand, and no other begins', async () => {
  const first = Promise.withResolvers<void>();
  let begun = 0;
  let ended = 0;
  const run = async () => {
    begun++;
    first.resolve();
    await sleep(30);
    ended++;
  };
  const ticker = startTicker({ name: 'stopped', pauseMs: 1, run }, readableLog().log);
  await first.promise;
  await ticker.stop();
  expect(ended).toBe(1);
  await sleep(20);
  expect(begun).toBe(1);
});

test('stopping does not wait for a long pause', async () => {
  const ticker = startTicker({ name: 'pausing', pauseMs: 60_000, run: async () => {} }, readableLog().log);
  const started = performance.now();
  await ticker.stop();
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('a failing turn is tried again, and told once until it succeeds', async () => {
  const { log, lines } = readableLog();
  let turns = 0;
  const run = async () => {
    turns++;
    if (turns <= 3) throw new Error('away');
  };
  const ticker = startTicker({ name: 'failing', pauseMs: 1, run }, log);
  await vi.waitUntil(() => turns >= 6);
  await ticker.stop();
  expect(lines.map(({ level, tick }) => ({ level, tick }))).toEqual([
    { level: 50, tick: 'failing' },
    { level: 30, tick: 'failing' },
  ]);
});

test('a ticker that is woken does its next turn at once, and one that is woken in a turn another one', async () => {
  let turns = 0;
  const first = Promise.withResolvers<void>();
  const run = async () => {
    turns++;
    if (turns === 1) await first.promise;
  };
  const ticker = startTicker({ name: 'woken', pauseMs: 60_000, run }, readableLog().log);
  ticker.wake();
  await vi.waitUntil(() => turns === 1);
  ticker.wake();
  first.resolve();
  await vi.waitUntil(() => turns === 2);
  await sleep(20);
  expect(turns).toBe(2);
  await ticker.stop();
});
