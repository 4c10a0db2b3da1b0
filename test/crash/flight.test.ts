import { expect, test } from 'vitest';
import { flyThroughKills } from './flight.ts';

/** Other moments and victims each time; a failure names the seed. */
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const KILLS = 4;

test(
  `kill -9 of two servers and their database while a simulated account is billed: all is billed once (seed ${seed})`,
  { timeout: 240_000 },
  async () => {
    const flown = await flyThroughKills(seed, KILLS);
    console.log(JSON.stringify(flown));
    // It was cut off, and there was something to do twice.
    expect(flown.kills).toBeGreaterThan(0);
    expect(flown.invoices).toBeGreaterThan(10);
  },
);
