import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { pidExists } from '../../src/db/embedded/processes.ts';
import {
  type Command,
  cleanEnvironment,
  isListening,
  postgresPid,
  readBanner,
  ROOT,
  run,
  temporaryFolder,
} from './command.ts';

/*
 * What the README promises, as its reader does it: a clone of the commit that is checked out, the README's commands, what
 * the banner proposes, Ctrl-C, and a second start. `npm ci` takes most of the time.
 */

const IS_ROOT = process.getuid?.() === 0;
const NOBODY = IS_ROOT ? userOf('nobody') : undefined;
const REASON_TO_SKIP = await reasonToSkip();
if (REASON_TO_SKIP !== undefined) console.log(`${REASON_TO_SKIP}: starting from a clean clone is not tested.`);

/** A user's home with a clone of the repository in it, and how commands run there. */
type Place = {
  readonly clone: string;
  readonly port: number;
  /** Starts a command line in a terminal there. */
  terminal(line: string): Command;
};

describe.skipIf(REASON_TO_SKIP !== undefined)('a clean clone', { timeout: 300_000 }, () => {
  // An npm cache for all, filled by the ordinary user, because what root puts there others may not be able to read.
  let cache: string;

  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'usance-npm-'));
    if (NOBODY) await chown(cache, NOBODY.uid, NOBODY.gid);
  });
  afterAll(() => rm(cache, { recursive: true, force: true }));

  async function place(options: { mode: number; user?: typeof NOBODY }): Promise<Place> {
    const folder = await temporaryFolder();
    const [home, config] = [join(folder, 'home'), join(folder, 'gitconfig')];
    const clone = join(home, 'usance');
    await mkdir(home, { mode: options.mode });
    // The checkout may belong to another user than the one who runs the tests.
    await writeFile(config, '[safe]\n\tdirectory = *\n');
    const env = { ...cleanEnvironment(), ...(await registry()), HOME: home, npm_config_cache: cache };
    const git = run('git', ['clone', '--quiet', ROOT, clone], { env: { ...env, GIT_CONFIG_GLOBAL: config } });
    expect(await git.ended).toMatchObject({ code: 0 });
    if (options.user) await run('chown', ['-R', `${options.user.uid}:${options.user.gid}`, home]).ended;
    onTestFinished(() => removeMovedCluster(clone));
    const port = await freePort();
    const settings = { ...env, PORT: String(port), STRIPE_CLI_TELEMETRY_OPTOUT: '1' };
    const terminal = (line: string) => run('bash', ['-c', line], { cwd: clone, env: settings, user: options.user });
    return { clone, port, terminal };
  }

  test('the README says how to start', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    expect(readme).toContain('npm ci && npm start\n');
    expect(readme).toContain('npm run demo\n');
  });

  test.skipIf(IS_ROOT && !NOBODY)(
    `starts for an ordinary user (${NOBODY ? 'nobody' : 'the one who tests'})`,
    async () => {
      const here = await place({ mode: 0o755, user: NOBODY });
      await install(here, 'npm ci');
      await expectInstalledNode(here);
      await useIt(here);
      expect(await realpath(join(here.clone, '.usance/postgres'))).toBe(
        join(await realpath(here.clone), '.usance/postgres'),
      );
    },
  );

  test.skipIf(!IS_ROOT)('starts for root in a home that is closed to others (skipped for other users)', async () => {
    const here = await place({ mode: 0o700 });
    await install(here, 'npm ci');
    await useIt(here);
    expect(await realpath(join(here.clone, '.usance/postgres'))).toMatch(/^\/var\/lib\/usance\/clusters\//);
  });

  test('starts where npm runs no install scripts', async () => {
    const here = await place({ mode: 0o700 });
    await install(here, 'npm ci --ignore-scripts');
    await useIt(here);
  });
});

async function install({ terminal }: Place, line: string): Promise<void> {
  const begin = performance.now();
  const { code, stderr } = await terminal(line).ended;
  expect(code, stderr).toBe(0);
  console.log(`${line}: ${seconds(begin)}`);
}

/** First start, what the banner proposes, Ctrl-C, later start, Ctrl-C. */
async function useIt(here: Place): Promise<void> {
  const begin = performance.now();
  const first = here.terminal('npm start');
  const { url, secretKey } = await readBanner(first);
  console.log(`First start (15 s at most on a free machine): ${seconds(begin)}`);
  expect(performance.now() - begin).toBeLessThan(30_000);
  expect(url).toBe(`http://127.0.0.1:${here.port}`);
  await tryProposals(here, first.stdout());
  await pressCtrlC(here, first);

  const again = performance.now();
  const later = here.terminal('npm start');
  expect(await readBanner(later)).toEqual({ url, secretKey });
  console.log(`Later start (3 s at most on a free machine): ${seconds(again)}`);
  expect(performance.now() - again).toBeLessThan(10_000);
  const response = await fetch(`${url}/v1/customers`, { headers: { authorization: `Bearer ${secretKey}` } });
  const customers = (await response.json()) as { data: { name: string }[] };
  expect(customers.data.map(({ name }) => name)).toEqual(['Jenny Rosen', 'Jane Roe', 'John Doe']);
  await pressCtrlC(here, later);
}

/** Runs the three lines that the banner proposes, as they stand there. */
async function tryProposals({ terminal }: Place, banner: string): Promise<void> {
  const lines = [...banner.matchAll(/^ {2}((npm|curl|npx) .*)$/gm)].map(([, line]) => line!);
  expect(lines.map((line) => line.split(' ', 2).join(' '))).toEqual([
    'npm run',
    expect.stringMatching(/^curl /),
    'npx stripe',
  ]);
  const [demo, curl, cli] = await inOrder(lines, async (line) => {
    const { code, stdout, stderr } = await terminal(line).ended;
    expect(code, `${line}\n${stderr}`).toBe(0);
    return stdout;
  });
  expect([...demo!.matchAll(/"amount_due": (\d+)/g)].map(([, amount]) => amount)).toEqual(['4', '124', '120']);
  expect(JSON.parse(curl!)).toMatchObject({ object: 'customer', name: 'Jenny Rosen', livemode: false });
  expect(JSON.parse(cli!)).toMatchObject({ object: 'list', data: [{ object: 'billing.meter', status: 'active' }] });
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** What a terminal does: the signal goes to npm, its shell and the server. Nothing may be left of them. */
async function pressCtrlC({ clone, port }: Place, command: Command): Promise<void> {
  const postgres = postgresPid(join(clone, '.usance'))!;
  expect(pidExists(postgres)).toBe(true);
  process.kill(-command.pid, 'SIGINT');
  const { code, signal, stdout, stderr } = await command.ended;
  // npm ends as its shell does, which may be by the signal.
  expect([0, 130, 'SIGINT']).toContain(signal ?? code);
  expect(stdout).toMatch(/finishing requests in flight.*\n(.*\n)*Stopped\.\n/);
  expect(stderr).not.toMatch(/Stopping at once|Error/);
  expect(pidExists(postgres)).toBe(false);
  expect(await isListening(`http://127.0.0.1:${port}`)).toBe(false);
  expect(existsSync(join(clone, '.usance/server.lock'))).toBe(false);
}

/** npm gives every script the same PATH; the machine's Node may be too old for them, so ours must come first. */
async function expectInstalledNode({ clone, terminal }: Place): Promise<void> {
  const { stdout } = await terminal('npm run env').ended;
  const [, path = ''] = /^PATH=(.*)$/m.exec(stdout) ?? [];
  const found = await terminal(`PATH='${path}'; command -v node; node --version`).ended;
  expect(found.stdout).toMatch(new RegExp(`^${clone}/node_modules/\\.bin/node\nv26\\.`));
}

/** For root the database lies outside of the clone. */
async function removeMovedCluster(clone: string): Promise<void> {
  const cluster = await realpath(join(clone, '.usance/postgres')).catch(() => '');
  if (!cluster.startsWith('/var/lib/usance/clusters/')) return;
  for (const path of [cluster, `${cluster}.socket`]) await rm(path, { recursive: true, force: true });
}

async function reasonToSkip(): Promise<string | undefined> {
  if (!existsSync(join(ROOT, '.git'))) return 'This is no git checkout';
  const env = { ...cleanEnvironment(), ...(await registry()), HOME: '/nonexistent' };
  const execute = promisify(execFile);
  const limits = { env, timeout: 30_000 };
  try {
    await execute('npm', ['--version'], { ...limits, ...NOBODY });
  } catch {
    return 'An ordinary user cannot run npm here';
  }
  const online = ['view', 'pg', 'version', '--fetch-retries=0', `--cache=${join(ROOT, '.usance/npm-view')}`];
  return await execute('npm', online, limits).then(
    () => undefined,
    () => 'The package registry cannot be reached',
  );
}

/** The registry that npm is set to use here, for users whose settings do not name it. */
async function registry(): Promise<{ npm_config_registry: string }> {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry'], { cwd: ROOT });
  return { npm_config_registry: stdout.trim() };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function userOf(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return line === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function seconds(begin: number): string {
  return `${((performance.now() - begin) / 1000).toFixed(1)} s`;
}
