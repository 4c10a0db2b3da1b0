import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownDatabase } from '../support/own-database.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { LIFTED, openPlace, type Place } from './place.ts';
import { simulate } from './run.ts';

// Years of random customers, audited after each step by a model that shares no code with the product. The seeds are always
// the same; `npm run simulate -- --seeds 1000` tries others, and SIMULATION_FROM chooses where these begin.

const SEEDS = 50;
const FROM = Number(process.env['SIMULATION_FROM'] ?? 1);

let own: Awaited<ReturnType<typeof ownDatabase>>;
let server: ServerProcess;
let place: Place;

beforeAll(async () => {
  own = await ownDatabase();
  server = await startServer({ name: `simulation-${process.pid}`, databaseUrl: own.url, env: LIFTED });
  place = await openPlace(own.url, () => server);
});
afterAll(async () => {
  await place.close();
  await server.stop();
  await own.drop();
});

describe('what a server bills is what an auditor bills', { concurrent: true }, () => {
  test.each(Array.from({ length: SEEDS }, (_, index) => FROM + index))(
    'seed %i',
    { timeout: 120_000 },
    async (seed) => {
      const subject = await place.newSubject();
      try {
        const done = await simulate(subject, seed);
        expect(done.steps).toBeGreaterThan(1);
      } finally {
        subject.close();
      }
    },
  );
});
