import { writeSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/**
 * Ends the output of a run with one line for programs: `12 passed, 0 failed`, and `, 3 skipped` when some were. What
 * failed outside of any test (a file that does not load, a hook, an unhandled rejection) counts as failed, so that the
 * line says `0 failed` exactly when the run does.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = count(modules, unhandledErrors.length);
    // Written while the process exits: whatever else prints has printed by then.
    process.once('exit', (code) => writeSync(1, `${line(counts, code)}\n`));
  }
}

function count(modules: readonly TestModule[], unhandledErrors: number): Counts {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string) => tests.filter((test) => test.result().state === state).length;
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const brokenSuites = suites.filter((suite) => suite.errors().length > 0).length;
  return {
    passed: inState('passed'),
    failed: inState('failed') + brokenSuites + unhandledErrors,
    skipped: inState('skipped') + inState('pending'),
  };
}

function line(counts: Counts, exitCode: number): string {
  const failed = exitCode === 0 ? counts.failed : Math.max(counts.failed, 1);
  return `${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`;
}
