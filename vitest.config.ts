import { defaultExclude, defineConfig } from 'vitest/config';
import { hasPostgres15 } from './test/support/postgres15.ts';

const withServer = { setupFiles: ['test/support/await-server.ts'] };

/** Where it is installed, on the oldest PostgreSQL that we support; all other tests run on the embedded one, the newest. */
const conformance = {
  test: {
    ...withServer,
    name: 'conformance',
    include: ['test/conformance/**/*.test.ts'],
    provide: { postgres: hasPostgres15 ? ('debian-15' as const) : ('embedded' as const) },
  },
};
if (!hasPostgres15)
  console.log('PostgreSQL 15 is not installed: the conformance tests run on the embedded one as well.');

/** How long a start takes is measured there, so they run after all others and one at a time. */
const starts = ['start', 'clean_clone'].map((name) => `test/process/${name}.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ['test/support/server.ts'],
    reporters: ['default', './test/support/summary.reporter.ts'],
    provide: { postgres: 'embedded' },
    testTimeout: 30_000,
    hookTimeout: 90_000,
    // The server and its PostgreSQL need a core too.
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: ['{src,bin,dashboard/src}/**/*.test.ts'] } },
      { test: { name: 'static', include: ['test/{static,support}/**/*.test.ts'] } },
      conformance,
      { test: { ...withServer, name: 'scenarios', include: ['test/scenarios/**/*.test.ts'] } },
      // A story of a person takes some seconds, and many more beside all other tests.
      { test: { ...withServer, name: 'browser', include: ['test/browser/**/*.test.ts'], testTimeout: 120_000 } },
      { test: { name: 'crash', include: ['test/crash/**/*.test.ts'] } },
      { test: { ...withServer, name: 'simulation', include: ['test/simulation/**/*.test.ts'], maxConcurrency: 3 } },
      { test: { name: 'fuzz', include: ['test/fuzz/**/*.test.ts'] } },
      { test: { name: 'process', include: ['test/process/**/*.test.ts'], exclude: [...defaultExclude, ...starts] } },
      { test: { name: 'starts', include: starts, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
