import { defaultExclude, defineConfig } from 'vitest/config';
import { hasPostgres15 } from './test/support/postgres15.ts';

const withServer = { setupFiles: ['test/support/await-server.ts'] };
const conformance = { ...withServer, include: ['test/conformance/**/*.test.ts'] };

/** What says more about our rules than about statements that PostgreSQL has to understand, and takes a minute. */
const ofRules = ['parameters', 'wire', '*_refus*', '*.properties'].map((name) => `test/conformance/${name}.test.ts`);

/** The conformance tests again, on the oldest PostgreSQL that we support. */
const oldestPostgres = {
  test: {
    ...conformance,
    name: 'postgres-15',
    provide: { postgres: 'debian-15' as const },
    exclude: [...defaultExclude, ...ofRules],
  },
};
if (!hasPostgres15) console.log('PostgreSQL 15 is not installed: the conformance tests run on the embedded one only.');

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
      { test: { name: 'unit', include: ['{src,bin}/**/*.test.ts'] } },
      { test: { name: 'static', include: ['test/{static,support}/**/*.test.ts'] } },
      { test: { ...conformance, name: 'conformance' } },
      ...(hasPostgres15 ? [oldestPostgres] : []),
      { test: { ...withServer, name: 'scenarios', include: ['test/scenarios/**/*.test.ts'] } },
      { test: { name: 'crash', include: ['test/crash/**/*.test.ts'] } },
      { test: { ...withServer, name: 'simulation', include: ['test/simulation/**/*.test.ts'], maxConcurrency: 3 } },
      { test: { name: 'fuzz', include: ['test/fuzz/**/*.test.ts'] } },
      // After all others and one at a time, because they measure how long a start takes.
      { test: { name: 'process', include: ['test/process/**/*.test.ts'], maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
