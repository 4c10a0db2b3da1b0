import { expect, test } from 'vitest';
import { fuzzRun } from './run.ts';

/** Other requests each time; a failure names the seed. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const REQUESTS = 6_000;

test(
  `${REQUESTS} malformed requests at the doors of metering break nothing, and every valid event among them counts`,
  { timeout: 180_000 },
  async () => {
    const result = await fuzzRun({ requests: REQUESTS, seed });
    console.log(JSON.stringify(result));
    // It reached what is behind the doors, and was refused by them.
    expect(result.validEvents).toBeGreaterThan(REQUESTS / 8);
    expect(result.statuses[400]).toBeGreaterThan(REQUESTS / 8);
    expect(result.statuses[200]).toBeGreaterThan(result.validEvents);
  },
);
