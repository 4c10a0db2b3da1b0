import { expect, test } from 'vitest';
import { crashRun } from './run.ts';

/** Another choice of moments and victims each time; a failure names the seed. */
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

test.each([
  [8, 'one server with its embedded PostgreSQL', 1],
  [5, 'two servers on one database', 2],
])(
  '%i times kill -9 of %s, or of PostgreSQL, or both: what is acknowledged counts exactly once',
  {
    timeout: 240_000,
  },
  async (kills, _setting, servers) => {
    const result = await crashRun({ kills, seed, servers });
    console.log(JSON.stringify(result));
    // There was something to lose, and something to count twice.
    expect(result.stream).toBe(true);
    expect(result.deliveries).toBeGreaterThan(kills * 30);
    expect(result.unacknowledged).toBeGreaterThan(0);
  },
);
