import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { ROOT } from './source.ts';

/** What a developer runs by hand, one test each, so that `npm test` says everything that CI would. */
const CHECKS: readonly [string, string, readonly string[]][] = [
  ['oxlint finds nothing (npm run lint)', 'npm', ['run', '--silent', 'lint']],
  ['oxfmt would change nothing (npm run format)', 'npm', ['run', '--silent', 'format', '--', '--check']],
  ['TypeScript compiles (npx tsc)', 'tsc', ['--noEmit', '-p', '.']],
  ['TypeScript compiles the dashboard (npx tsc -p dashboard)', 'tsc', ['--noEmit', '-p', 'dashboard']],
  ['knip finds no dead code and no missing dependency (npx knip)', 'knip', ['--no-progress']],
];

test.each(CHECKS)(
  '%s',
  async (_, command, args) => {
    const { code, output } = await run(command, args);
    expect(code, output).toBe(0);
  },
  120_000,
);

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const env = { ...process.env, PATH: `${ROOT}node_modules/.bin:${process.env['PATH']}`, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(command, args, { cwd: ROOT, env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, output: `${error && code === 1 ? error.message : ''}\n${stdout}\n${stderr}` });
    });
  });
}
