import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startEmbedded } from '../../src/db/embedded/start.ts';
import { call } from './api.ts';
import { type Ended, postgresPid, startServer, temporaryFolder, usance } from './command.ts';

type Settings = Readonly<Record<string, string>>;

/** `usance keys …` to its end. */
function keys(settings: Settings, ...args: string[]): Promise<Ended> {
  return usance(['keys', ...args], settings).ended;
}

/** Makes a key, checking that standard output is the secret alone, and answers it with its id. */
async function createKey(settings: Settings, ...args: string[]): Promise<{ id: string; secretKey: string }> {
  const { code, stdout, stderr } = await keys(settings, 'create', ...args);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^sk_(test|live)_[A-Za-z0-9]{24}\n$/);
  const secretKey = stdout.trim();
  expect(stderr).not.toContain(secretKey);
  const [, id = ''] = /^Key (key_[A-Za-z0-9]{24}) of account acct_\w+ \((Test|Live)\)\. .*\n$/.exec(stderr) ?? [];
  return { id, secretKey };
}

/** The rows of `usance keys list`, which stand in columns at least two spaces apart, by the headings. */
async function listKeys(settings: Settings): Promise<Record<string, string>[]> {
  const { code, stdout, stderr } = await keys(settings, 'list');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [heading = '', ...lines] = stdout.trimEnd().split('\n');
  const columns = [...heading.matchAll(/\S+ */g)];
  return lines.map((line) =>
    Object.fromEntries(
      columns.map(({ 0: name, index }, nth) => [name.trim(), line.slice(index, columns[nth + 1]?.index).trim()]),
    ),
  );
}

function redacted(secretKey: string): string {
  return `${secretKey.slice(0, 8)}${'*'.repeat(20)}${secretKey.slice(-4)}`;
}

/** The story of two keys, whatever the commands reach the database by; answers every secret that was in it. */
async function playKeys(settings: Settings, server: { url: string; secretKey: string }): Promise<string[]> {
  const mine = await createKey(settings, '--name', 'build server');
  const live = await createKey(settings, '--live');
  expect(mine.secretKey).toMatch(/^sk_test_/);
  expect(live.secretKey).toMatch(/^sk_live_/);

  // Both work at once, and each opens its own account.
  await call(server, 'POST', '/v1/customers', { name: 'Of the test account' });
  const as = (secretKey: string) => call({ url: server.url, secretKey }, 'GET', '/v1/customers');
  expect(await as(mine.secretKey)).toMatchObject({ status: 200, body: { data: [{ livemode: false }] } });
  expect(await as(live.secretKey)).toMatchObject({ status: 200, body: { data: [] } });

  const rows = await listKeys(settings);
  expect(rows).toMatchObject([
    { ACCOUNT: 'Test', KEY: redacted(server.secretKey), NAME: 'default', STATUS: 'active' },
    { ID: mine.id, ACCOUNT: 'Test', KEY: redacted(mine.secretKey), NAME: 'build server', STATUS: 'active' },
    { ID: live.id, ACCOUNT: 'Live', KEY: redacted(live.secretKey), NAME: '', STATUS: 'active' },
  ]);

  expect(await keys(settings, 'revoke', mine.id)).toMatchObject({ code: 0, stdout: `Revoked ${mine.id}.\n` });
  const refused = { status: 401, body: { error: { code: 'api_key_expired', type: 'invalid_request_error' } } };
  // A key is remembered for a second.
  await vi.waitFor(async () => expect(await as(mine.secretKey)).toMatchObject(refused), { timeout: 2000 });
  expect((await as(live.secretKey)).status).toBe(200);
  expect((await listKeys(settings))[1]).toMatchObject({ ID: mine.id, STATUS: expect.stringMatching(/^revoked 20/) });

  const again = await keys(settings, 'revoke', mine.id);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toBe(`usance: No active key has the id ${mine.id}. \`usance keys list\` shows them.\n`);
  return [server.secretKey, mine.secretKey, live.secretKey];
}

test('keys of a running server; no log ever holds one', async () => {
  const dataFolder = await temporaryFolder();
  const settings = { USANCE_DATA_DIR: dataFolder };
  const server = await startServer({ ...settings, LOG_LEVEL: 'trace' });
  const secrets = await playKeys(settings, server);
  expect((await call({ ...server, secretKey: 'sk_test_guessed12345' }, 'GET', '/v1/customers')).status).toBe(401);
  expect((await call(server, 'POST', '/v1/customers', { nope: secrets[1] })).status).toBe(400);
  process.kill(server.command.pid, 'SIGTERM');
  const { stdout, stderr } = await server.command.ended;

  const banner = new RegExp(` +Secret key .*\n|  (curl|npx) .*\n`, 'g');
  const logs = [stdout.replaceAll(banner, ''), stderr, readFileSync(join(dataFolder, 'postgres.log'), 'utf8')].join(
    '\n',
  );
  for (const secret of [...secrets, 'sk_test_guessed12345']) {
    expect(logs).not.toContain(secret);
    expect(logs).not.toContain(Buffer.from(`${secret}:`).toString('base64').slice(0, 30));
  }
});

test('keys of a server with DATABASE_URL, reached by that or by way of the data folder', async () => {
  const external = await startEmbedded({ dataDir: await temporaryFolder() });
  onTestFinished(() => external.stop());
  const dataFolder = await temporaryFolder();
  const server = await startServer({ DATABASE_URL: external.connectionString, USANCE_DATA_DIR: dataFolder });
  const elsewhere = await temporaryFolder();
  await playKeys({ DATABASE_URL: external.connectionString, USANCE_DATA_DIR: elsewhere }, server);
  expect(readdirSync(elsewhere)).toEqual([]);
  expect(await listKeys({ USANCE_DATA_DIR: dataFolder })).toHaveLength(3);
  expect(existsSync(join(dataFolder, 'postgres'))).toBe(false);
});

test('keys of a server that is stopped; what was started for it is stopped again', async () => {
  const dataFolder = await temporaryFolder();
  const settings = { USANCE_DATA_DIR: dataFolder };
  const empty = await keys(settings, 'create');
  expect(empty).toMatchObject({ code: 1, stdout: '' });
  expect(empty.stderr).toBe(
    `usance: There is no data in ${dataFolder}: start the server once with \`npm start\`, or say with USANCE_DATA_DIR or DATABASE_URL where it is.\n`,
  );
  expect(readdirSync(dataFolder)).toEqual([]);

  const first = await startServer(settings);
  process.kill(first.command.pid, 'SIGTERM');
  await first.command.ended;
  const created = await createKey(settings, '--name', 'made while stopped');
  expect(postgresPid(dataFolder)).toBeUndefined();
  const rows = await listKeys(settings);
  expect(rows.map(({ NAME }) => NAME)).toEqual(['default', 'made while stopped']);
  await keys(settings, 'revoke', rows[0]!['ID']!);
  expect(postgresPid(dataFolder)).toBeUndefined();
  expect(readdirSync(dataFolder)).not.toContain('server.lock');

  const withRevoked = await usance(['start'], { ...settings, PORT: '0', USANCE_SECRET_KEY: first.secretKey }).ended;
  expect(withRevoked.stderr).toBe('usance: USANCE_SECRET_KEY was revoked; choose another key.\n');
  expect(withRevoked.code).toBe(1);
  expect(postgresPid(dataFolder)).toBeUndefined();

  // The revoked one was the key that a start tells; now it tells how to make another.
  const second = usance(['start'], { ...settings, PORT: '0' });
  const [, url = ''] = await second.until(/ready at (\S+)/);
  expect(second.stdout()).toContain('npx usance keys create');
  expect(second.stdout()).not.toContain('sk_test_');
  expect(await call({ url, secretKey: first.secretKey }, 'GET', '/v1/customers')).toMatchObject({
    status: 401,
    body: { error: { code: 'api_key_expired' } },
  });
  expect((await call({ url, secretKey: created.secretKey }, 'GET', '/v1/customers')).status).toBe(200);
});

test('a key is made for the account that is named; what does not exist is a clear error', async () => {
  const dataFolder = await temporaryFolder();
  const settings = { USANCE_DATA_DIR: dataFolder };
  const server = await startServer(settings);
  const wrong = await keys(settings, 'create', '--account', 'acct_nope');
  expect(wrong).toMatchObject({ code: 1, stdout: '' });
  const [, liveAccount = '', testAccount = ''] =
    /^usance: No such account: acct_nope\. There are: (acct_\w+), (acct_\w+)\n$/.exec(wrong.stderr) ?? [];

  const live = await createKey(settings, '--account', liveAccount);
  expect(live.secretKey).toMatch(/^sk_live_/);
  const other = await createKey(settings, '--account', testAccount, '--name', 'By account');
  await call({ ...server, secretKey: other.secretKey }, 'POST', '/v1/customers', { name: 'Shared' });
  expect((await call(server, 'GET', '/v1/customers')).body.data).toMatchObject([{ name: 'Shared' }]);
  expect((await call({ ...server, secretKey: live.secretKey }, 'GET', '/v1/customers')).body.data).toEqual([]);

  const unknown = await keys(settings, 'revoke', 'key_nope');
  expect(unknown.stderr).toBe('usance: No active key has the id key_nope. `usance keys list` shows them.\n');
  expect(unknown.code).toBe(1);
  const secret = await keys(settings, 'revoke', live.secretKey);
  expect(secret.stderr).toBe('usance: That is a key; say its id, which `usance keys list` shows.\n');
  expect(await keys(settings, 'revoke')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/missing required argument 'id'/),
  });
});
