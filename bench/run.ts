import { spawnSync } from 'node:child_process';

const BENCHES = ['ingest', 'single', 'memory', 'import', 'usage', 'flat', 'preview', 'finalize', 'billing', 'clock'];

/** `npm run bench`: every benchmark, one after the other, each with servers of its own. See README.md here. */
for (const bench of BENCHES) {
  const script = new URL(`./${bench}.ts`, import.meta.url).pathname;
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
