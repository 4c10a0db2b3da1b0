import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { call } from './api.ts';
import { type Command, type Ended, type Server, startServer, temporaryFolder, usance } from './command.ts';

/** A minute ago: within what a meter takes, and in a minute that is over. */
const AT = Math.floor(Date.now() / 60_000) * 60 - 60;

type Place = { readonly folder: string; readonly settings: Record<string, string>; readonly server: Server };

/** A server with a data folder, and a folder for files. */
async function newPlace(): Promise<Place> {
  const settings = { USANCE_DATA_DIR: await temporaryFolder() };
  return { folder: await temporaryFolder(), settings, server: await startServer(settings) };
}

function importEvents({ settings }: Place, ...args: string[]): Command {
  return usance(['events', 'import', ...args], settings);
}

function writeFile({ folder }: Place, name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A meter for `tokens` and a customer. */
async function newMeter({ server }: Place): Promise<{ meter: string; customer: string }> {
  const params = { display_name: 'Tokens', event_name: 'tokens', default_aggregation: { formula: 'sum' } };
  const meter = await call(server, 'POST', '/v1/billing/meters', params);
  const customer = await call(server, 'POST', '/v1/customers', { name: 'Jenny Rosen' });
  return { meter: meter.body.id, customer: customer.body.id };
}

/** What the meter has counted for the customer. */
async function usage({ server }: Place, { meter, customer }: { meter: string; customer: string }): Promise<number> {
  const range = { customer, start_time: AT - 3600, end_time: AT + 3600 };
  const { body } = await call(server, 'GET', `/v1/billing/meters/${meter}/event_summaries`, range);
  return body.data[0]?.aggregated_value ?? 0;
}

/** The first two columns of a file of rejected rows. */
function linesAndCodes(path: string): string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split(',').slice(0, 2).join(' '));
}

const COLUMNS = 'timestamp,event_name,payload_stripe_customer_id,payload_value';

test('a file is imported while the server runs: counted at once and once, and each bad row told', async () => {
  const place = await newPlace();
  const names = await newMeter(place);
  const good = Array.from({ length: 1000 }, (_, n) => `${AT - n},tokens,${names.customer},2`);
  const bad = [
    `${AT},tokens,,2`,
    `${AT},tokens,${names.customer},`,
    `${AT},tokens,${names.customer},${'9'.repeat(40)}`,
    `${AT},tokens,${names.customer},"a ""word"""`,
    `${AT},tokens,cus_nobody,2`,
    `${AT},calls,${names.customer},2`,
    `${AT - 36 * 86_400},tokens,${names.customer},2`,
    `${AT + 86_400},tokens,${names.customer},2`,
    `${AT},tokens,${names.customer}`,
    `${AT},"tokens,${names.customer},`,
  ];
  const rows = [COLUMNS, ...good.slice(0, 500), ...bad.slice(0, -1), ...good.slice(500), ...bad.slice(-1)];
  const file = writeFile(place, 'usage.csv.gz', gzipSync(rows.join('\n')));

  const first = await importEvents(place, file).ended;
  expect(first.stderr).toMatch(/^Importing \S+usage\.csv\.gz into account acct_\w+ \(Test\)\.\n$/);
  expect(first.stdout).toMatch(/^1,000 counted, 0 duplicates, 10 rejected(; this run: 1,010 rows in .*)?\.\n/);
  expect(first.code).toBe(2);
  expect(await usage(place, names)).toBe(2000);

  expect(linesAndCodes(`${file}.rejected.csv`)).toEqual([
    'line code',
    '502 payload_no_customer_defined',
    '503 payload_no_value_defined',
    '504 meter_event_value_too_many_digits',
    '505 payload_invalid_value',
    '506 resource_missing',
    '507 no_meter',
    '508 timestamp_too_far_in_past',
    '509 timestamp_in_future',
    '510 wrong_column_count',
    '1011 truncated_row',
  ]);
  expect(readFileSync(`${file}.rejected.csv`, 'utf8')).toContain(`"${AT},tokens,${names.customer},""a """"word""""""`);

  const again = await importEvents(place, file, '--rejected', join(place.folder, 'elsewhere.csv')).ended;
  expect(again.stdout).toContain('0 counted, 1,000 duplicates, 10 rejected');
  expect(linesAndCodes(join(place.folder, 'elsewhere.csv'))).toEqual(linesAndCodes(`${file}.rejected.csv`));
  expect(await usage(place, names)).toBe(2000);
});

test('JSON and JSONL, each into the account that is named; 0 when every row counts', async () => {
  const place = await newPlace();
  const names = await newMeter(place);
  const event = (identifier: string, value: number) => ({
    identifier,
    timestamp: new Date(AT * 1000).toISOString(),
    event_name: 'tokens',
    payload: { stripe_customer_id: names.customer, value },
  });
  const json = writeFile(place, 'a.json', JSON.stringify([event('a', 1), event('b', 2)]));
  const jsonl = writeFile(place, 'b.txt', `${JSON.stringify(event('b', 2))}\n${JSON.stringify(event('c', 4))}\n`);
  expect(await importEvents(place, json).ended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^2 counted,/),
  });
  expect(await importEvents(place, jsonl, '--format', 'jsonl').ended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^1 counted, 1 duplicate, 0 rejected/),
  });
  expect(await usage(place, names)).toBe(7);
  expect(existsSync(`${json}.rejected.csv`)).toBe(false);

  // The live account has no such meter.
  const live = await importEvents(place, json, '--live').ended;
  expect(live.stdout).toContain('0 counted, 0 duplicates, 2 rejected');
  expect(live.stdout).toMatch(/ 2 {2}no_meter\nImport corrected rows/);
});

/** Some thousand rows that are more than one checkpoint apart. */
function bigFile(place: Place, customer: string, rows: number): string {
  const lines = Array.from(
    { length: rows },
    (_, n) => `${AT - (n % 600)},tokens,${customer},1,${String(n).padStart(450, '.')}`,
  );
  return writeFile(place, 'big.csv', `${COLUMNS},payload_note\n${lines.join('\n')}\n`);
}

/** Waits until the import has kept how far it has come, and kills it. */
async function interrupt(place: Place, file: string, signal: NodeJS.Signals): Promise<Ended> {
  const command = importEvents(place, file);
  const folder = join(place.settings['USANCE_DATA_DIR']!, 'imports');
  const isKept = () => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json'));
  await vi.waitUntil(isKept, { timeout: 60_000, interval: 5 });
  process.kill(command.pid, signal);
  return await command.ended;
}

test('an import that is stopped or killed is gone on from; its rows have no identifiers, and count once', async () => {
  const place = await newPlace();
  const names = await newMeter(place);
  const rows = 60_000;
  const file = bigFile(place, names.customer, rows);

  const stopped = await interrupt(place, file, 'SIGINT');
  expect(stopped.code, stopped.stderr).toBe(130);
  expect(stopped.stderr).toMatch(/Stopping after the rows in flight/);
  const [, line = ''] = /The same command again reads it from line ([\d,]+) on/.exec(stopped.stderr) ?? [];
  const counted = Number(line.replaceAll(',', '')) - 2;
  expect(counted).toBeGreaterThan(0);
  expect(counted).toBeLessThan(rows);
  expect(await usage(place, names)).toBe(counted);

  const killed = await interrupt(place, file, 'SIGKILL');
  expect(killed.signal).toBe('SIGKILL');

  const last = await importEvents(place, file).ended;
  expect(last.code, last.stderr).toBe(0);
  expect(last.stderr).toMatch(/Going on after line [\d,]+, where an earlier run ended/);
  expect(await usage(place, names)).toBe(rows);

  const restarted = await importEvents(place, file).ended;
  expect(restarted.stdout).toMatch(/^0 counted, 60,000 duplicates, 0 rejected/);
  expect(await usage(place, names)).toBe(rows);
}, 180_000);

test('what can not be imported is one sentence, and nothing is counted', async () => {
  const place = await newPlace();
  const names = await newMeter(place);
  const row = `${AT},tokens,${names.customer},1\n`;
  const unknown = writeFile(place, 'unknown.csv', `${COLUMNS},color\n${AT},tokens,${names.customer},1,red\n`);
  const cut = writeFile(place, 'cut.csv.gz', gzipSync(`identifier,${COLUMNS}\nx,${row}`).subarray(0, -6));
  const plain = writeFile(place, 'plain.csv', `${COLUMNS}\n${row}`);
  const cases: [string[], string][] = [
    [[unknown], `usance: ${unknown}: Unknown column 'color'.`],
    [[join(place.folder, 'nope.csv')], `usance: There is no file ${join(place.folder, 'nope.csv')}.\n`],
    [[place.folder, '--format', 'csv'], `usance: ${place.folder} is a folder.\n`],
    [['-'], 'usance: Say --format csv, json or jsonl: standard input does not tell it.\n'],
    [[plain, '--format', 'xml'], "usance: --format must be csv, json or jsonl, not 'xml'.\n"],
    [[plain, '--rejected', plain], 'usance: --rejected would overwrite the file that is imported.\n'],
    [[plain, '--account', 'acct_nope'], 'usance: No such account: acct_nope.'],
  ];
  for (const [args, message] of cases) {
    const { code, stderr, stdout } = await importEvents(place, ...args).ended;
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  }
  const dry = await importEvents(place, plain, '--dry-run').ended;
  expect(dry.stdout).toMatch(/^1 rows can be read, 0 cannot.*\nNothing was counted/);
  expect(dry.code).toBe(0);
  expect(await usage(place, names)).toBe(0);

  const damaged = await importEvents(place, cut).ended;
  expect(damaged.code).toBe(1);
  expect(damaged.stdout).toMatch(/^1 counted/);
  expect(damaged.stderr).toContain(
    `${cut}: The gzip is damaged: unexpected end of file. Line 2 is the last that was read.\n`,
  );
  expect(await usage(place, names)).toBe(1);
}, 60_000);
