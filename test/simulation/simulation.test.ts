import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareFlights } from './jumps.ts';
import { ownPlace } from './own-place.ts';
import type { Place } from './place.ts';
import { simulate } from './run.ts';

// Years of random customers, audited after each step by a model that shares no code with the product. The seeds are always
// the same; `npm run simulate -- --seeds 1000` tries others, and SIMULATION_FROM chooses where these begin.

const SEEDS = 50;
const FLOWN_SEEDS = 3;
const FROM = Number(process.env['SIMULATION_FROM'] ?? 1);

let place: Place;
beforeAll(async () => {
  place = await ownPlace('simulation');
});
afterAll(async () => await place.close());

/** So many seeds. */
function seeds(count: number): number[] {
  return Array.from({ length: count }, (_, index) => FROM + index);
}

describe('what a server bills is what an auditor bills', { concurrent: true, timeout: 120_000 }, () => {
  test.each(seeds(SEEDS))('seed %i', async (seed) => {
    const subject = await place.newSubject();
    try {
      const { steps } = await simulate(subject, seed);
      expect(steps).toBeGreaterThan(1);
    } finally {
      subject.close();
    }
  });
});

describe(
  'one jump, days and odd hops end in the same invoices and events',
  { concurrent: true, timeout: 120_000 },
  () => {
    test.each(seeds(FLOWN_SEEDS))('seed %i', async (seed) => {
      const { steps } = await compareFlights(place, seed);
      expect(steps).toBeGreaterThan(1);
    });
  },
);
