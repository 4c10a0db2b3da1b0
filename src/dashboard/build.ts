import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DASHBOARD_FILES } from './pages.plugin.ts';

const WORKSPACE = dirname(DASHBOARD_FILES);

/**
 * Builds the dashboard where that was not done at the installation, as with `npm ci --ignore-scripts`. `say` prints a line
 * of progress. What fails is said: the API does without.
 */
export async function buildDashboard(say: (line: string) => void): Promise<void> {
  if (existsSync(join(DASHBOARD_FILES, 'index.html'))) return;
  say('Building the dashboard (once, some 10 s)…');
  const failure = await runVite().catch((error: unknown) => (error as Error).message);
  if (failure !== undefined) say(`The dashboard could not be built, and is not served: ${failure}`);
}

/** Answers what went wrong, if something did. Whoever else builds at the same time writes into a folder of its own. */
async function runVite(): Promise<string | undefined> {
  const vite = join(
    dirname(createRequire(join(WORKSPACE, 'package.json')).resolve('vite/package.json')),
    'bin/vite.js',
  );
  const draft = `${DASHBOARD_FILES}-${process.pid}`;
  const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'error', '--outDir', draft], {
    cwd: WORKSPACE,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0) return text.trim().slice(-500) || `vite ended with ${String(code)}`;
  // Where another was faster its files are there, and as good.
  await rename(draft, DASHBOARD_FILES).catch(() => rm(draft, { recursive: true, force: true }));
  return undefined;
}
