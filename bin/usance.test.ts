import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isRunning, startMark } from '../src/db/embedded/processes.ts';

/** A Node of the machine that cannot run the command line itself. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((program) => {
    const major = /^v(\d+)/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
    return Number(major) >= 18 && Number(major) < 26;
  });

/** Stands in for the command line: says how it was run, then does what its first argument asks for. */
const COMMAND_LINE = `
const [task, ...args]: string[] = process.argv.slice(2);
console.log(JSON.stringify({ node: process.version, pid: process.pid, args, now: Temporal.Now.instant().toString() }));
if (task === 'exit') process.exitCode = Number(args[0]);
if (task === 'echo') process.stdin.pipe(process.stdout);
if (task === 'wait') {
  setInterval(() => {}, 1000);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => { console.log(signal); if (signal === 'SIGTERM') process.exit(3); });
  }
}
if (task === 'die') process.kill(process.pid, 'SIGTERM');
`;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usance-bin-'));
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'src/cli'), { recursive: true });
  program = join(folder, 'bin/usance.js');
  await cp(join(import.meta.dirname, 'usance.js'), program);
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await writeFile(join(folder, 'src/cli/usance.ts'), COMMAND_LINE);
  await symlink(join(import.meta.dirname, '../node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(node: string, args: string[], input = '') {
  const { status, signal, stdout, stderr } = spawnSync(node, [program, ...args], { input, encoding: 'utf8' });
  const [first = '', ...rest] = stdout.split('\n');
  return { status, signal, stderr, said: first.startsWith('{') ? JSON.parse(first) : first, rest: rest.join('\n') };
}

test('on a Node that is new enough the command line runs in the same process', async () => {
  const child = spawn(process.execPath, [program, 'exit', '7'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const [said] = await once(child.stdout, 'data');
  expect(JSON.parse(String(said))).toMatchObject({ pid: child.pid, node: process.version });
  expect(await closed).toEqual([7, null]);
});

describe.skipIf(!oldNode)('on an older Node (skipped where the machine has none)', () => {
  const node = oldNode ?? '';

  test('the command line runs on the installed one, with arguments, input and exit code', () => {
    const done = run(node, ['exit', '7', '--flag', 'two words', '']);
    expect(done).toMatchObject({ status: 7, stderr: '' });
    expect(done.said).toMatchObject({ node: expect.stringMatching(/^v26\./), args: ['7', '--flag', 'two words', ''] });
    expect(run(node, ['echo'], 'from stdin').rest).toBe('from stdin');
    expect(run(node, ['die'])).toMatchObject({ status: null, signal: 'SIGTERM' });
  });

  async function startWaiting(): Promise<{ child: ChildProcess; pid: number; lines: string[] }> {
    const child = spawn(node, [program, 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    child.stdout.on('data', (text) => lines.push(...String(text).trim().split('\n')));
    await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 5000 });
    return { child, lines, pid: JSON.parse(lines[0] ?? '').pid };
  }

  test('signals reach it once, and its answer to them is kept', async () => {
    const { child, lines } = await startWaiting();
    child.kill('SIGHUP');
    await vi.waitFor(() => expect(lines.slice(1)).toEqual(['SIGHUP']));
    child.kill('SIGINT');
    await vi.waitFor(() => expect(lines.slice(1)).toEqual(['SIGHUP', 'SIGINT']));
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([3, null]);
    expect(lines.slice(1)).toEqual(['SIGHUP', 'SIGINT', 'SIGTERM']);
  });

  test('kill -9 takes it along', async () => {
    const { child, pid } = await startWaiting();
    const mark = await startMark(pid);
    child.kill('SIGKILL');
    await vi.waitFor(async () => expect(await isRunning(pid, mark)).toBe(false));
  });

  test('without an installed one the error says what to do', async () => {
    const modules = join(folder, 'node_modules');
    await rename(modules, `${modules}.away`);
    const { status, stderr } = run(node, []);
    await rename(`${modules}.away`, modules);
    expect(status).toBe(1);
    expect(stderr).toMatch(/needs Node 26 or newer, and this is Node \d.*is not installed: run npm ci/);
  });
});
