import { expect, test } from 'vitest';
import { endMonths } from './month_end.ts';

/** Other moments and victims each time; a failure names the seed. */
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

test(
  `kill -9 of two servers in the middle of month ends in wall time: every period is billed and paid once (seed ${seed})`,
  { timeout: 240_000 },
  async () => {
    const ended = await endMonths({ seed, subscriptions: 80, months: 2 });
    console.log(JSON.stringify(ended));
    expect(ended.cutOff).toBeGreaterThan(0);
  },
);
