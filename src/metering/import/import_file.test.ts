import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { importFile, type ImportResult } from './import_file.ts';
import type { EventRow } from './row.ts';
import { fileSource, formatOfName, type ImportSource, streamSource } from './source.ts';

const ROWS = 30_000;

/** A folder and a set of identifiers, which is all that counting is here. */
function newPlace() {
  const folder = mkdtempSync(join(tmpdir(), 'usance-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const seen = new Set<string>();
  return { folder, seen, rejectedPath: join(folder, 'rejected.csv') };
}

type Place = ReturnType<typeof newPlace>;
type RunOptions = { restart?: boolean; failAfter?: number; stopAfter?: number };

/** One run of the command on a place; also tells which lines it wrote. */
async function run(
  place: Place,
  source: ImportSource,
  options: RunOptions = {},
): Promise<ImportResult & { wrote: number[] }> {
  const stop = new AbortController();
  const wrote: number[] = [];
  if (options.stopAfter === 0) stop.abort();
  const result = await importFile({
    source,
    rejectedPath: place.rejectedPath,
    checkpointPath: (identity) => join(place.folder, 'imports', identity),
    restart: options.restart ?? false,
    stop: stop.signal,
    listener: { begin() {}, read() {}, settled() {} },
    async write(rows: readonly EventRow[]) {
      if (wrote.length >= (options.failAfter ?? Infinity)) throw new Error('the database is gone');
      wrote.push(...rows.map(({ line }) => line));
      if (wrote.length >= (options.stopAfter ?? Infinity)) stop.abort();
      return rows.map(({ input }) => {
        if (input.payload['value'] === 'bad')
          return { kind: 'rejected', code: 'payload_invalid_value', message: 'Bad.' };
        const isNew = !place.seen.has(input.identifier!);
        place.seen.add(input.identifier!);
        return { kind: isNew ? 'counted' : 'duplicate' };
      });
    },
  });
  return { ...result, wrote };
}

function writeFile(place: Place, name: string, content: string | Buffer): Promise<ImportSource> {
  const path = join(place.folder, name);
  writeFileSync(path, content);
  return fileSource(path, formatOfName(name)!);
}

/** A CSV without identifiers, in which each thousandth row is bad. */
function csv(rows = ROWS): string {
  const lines = Array.from(
    { length: rows },
    (_, n) => `tokens,cus_0123456789012345678901234567890${n % 7},${n % 1000 === 999 ? 'bad' : n % 10}`,
  );
  return `event_name,payload_stripe_customer_id,payload_value\n${lines.join('\n')}\n`;
}

const GOOD_ROWS = ROWS - ROWS / 1000;

test('a file counts once, under any name, gzipped or not', async () => {
  const place = newPlace();
  const first = await run(place, await writeFile(place, 'a.csv', csv()));
  expect(first).toMatchObject({ isComplete: true, failure: undefined });
  expect(first.counts).toEqual({ counted: GOOD_ROWS, duplicates: 0, rejected: { payload_invalid_value: 30 } });
  const again = await run(place, await writeFile(place, 'b.csv.gz', gzipSync(csv())));
  expect(again.counts).toEqual({ counted: 0, duplicates: GOOD_ROWS, rejected: { payload_invalid_value: 30 } });
  expect(readFileSync(place.rejectedPath, 'utf8').split('\n').slice(0, 2)).toEqual([
    'line,code,message,original',
    '1001,payload_invalid_value,Bad.,"tokens,cus_01234567890123456789012345678905,bad"',
  ]);
});

test('another file with the same rows and one more shares no identifier with it', async () => {
  const place = newPlace();
  await run(place, await writeFile(place, 'a.csv', csv(100)));
  const longer = await run(place, await writeFile(place, 'b.csv', csv(101)));
  expect(longer.counts).toMatchObject({ counted: 101, duplicates: 0 });
});

test('rows of one line have identifiers of their own', async () => {
  const place = newPlace();
  const objects = Array.from({ length: 50 }, () => ({ event_name: 'a', payload: { value: '1' } }));
  const { counts } = await run(place, await writeFile(place, 'a.json', JSON.stringify(objects)));
  expect(counts.counted).toBe(50);
});

test.each<[string, RunOptions]>([
  ['stopped', { stopAfter: 12_000 }],
  ['cut off by a failure', { failAfter: 12_000 }],
])('a run that was %s is gone on from, and both together are one run', async (_, options) => {
  const place = newPlace();
  const source = await writeFile(place, 'a.csv', csv());
  const first = await run(place, source, options);
  expect(first.isComplete).toBe(false);
  expect(first.failure === undefined).toBe(options.stopAfter !== undefined);
  const second = await run(place, source);
  expect(second.isComplete).toBe(true);
  expect(second.wrote[0]).toBe(first.position.line + 1);
  expect(second.counts).toMatchObject({ rejected: { payload_invalid_value: 30 } });
  expect(second.counts.counted + second.counts.duplicates).toBe(GOOD_ROWS);
  expect(place.seen.size).toBe(GOOD_ROWS);

  const whole = newPlace();
  await run(whole, await writeFile(whole, 'a.csv', csv()));
  expect(readFileSync(place.rejectedPath, 'utf8')).toBe(readFileSync(whole.rejectedPath, 'utf8'));
  // A later run reads it all again and finds all of it counted.
  expect((await run(place, source)).counts).toMatchObject({ counted: 0, duplicates: GOOD_ROWS });
});

test('stopped before its first row, a run changes nothing', async () => {
  const place = newPlace();
  const source = await writeFile(place, 'a.csv', csv());
  const first = await run(place, source, { stopAfter: 12_000 });
  expect(await run(place, source, { stopAfter: 0 })).toMatchObject({
    isComplete: false,
    failure: undefined,
    wrote: [],
  });
  expect((await run(place, source)).wrote[0]).toBe(first.position.line + 1);
});

test('a stopped run is not gone on from with --restart, nor when its rejected rows are lost', async () => {
  const place = newPlace();
  const source = await writeFile(place, 'a.csv', csv());
  const stopAfter = 12_000;
  await run(place, source, { stopAfter });
  expect((await run(place, source, { stopAfter, restart: true })).wrote[0]).toBe(2);
  truncateSync(place.rejectedPath, 10);
  expect((await run(place, source)).wrote[0]).toBe(2);
  expect(place.seen.size).toBe(GOOD_ROWS);
});

test('what is added to a file while it is read is of the next import', async () => {
  const place = newPlace();
  const source = await writeFile(place, 'a.csv', csv(10));
  appendFileSync(join(place.folder, 'a.csv'), 'tokens,cus_1,1\n');
  expect((await run(place, source)).counts.counted).toBe(10);
});

/** A CSV with identifiers that gzip can't make much smaller. */
function identifiedCsv(rows: number): string {
  const random = (n: number) => ((n * 2_654_435_761) % 4_294_967_296).toString(36);
  const lines = Array.from({ length: rows }, (_, n) => `${n}_${random(n)}_${random(n + 7)},tokens,1`);
  return `identifier,event_name,payload_value\n${lines.join('\n')}\n`;
}

test('of a gzip that was cut off all rows before the end are loaded, then the line is told', async () => {
  const place = newPlace();
  const zipped = gzipSync(identifiedCsv(ROWS));
  const cut = await run(place, await writeFile(place, 'a.csv.gz', zipped.subarray(0, zipped.length / 2)));
  expect(cut.failure).toMatchObject({ message: 'The gzip is damaged: unexpected end of file.' });
  expect(cut.counts.counted).toBeGreaterThan(ROWS / 3);
  expect(cut.counts.counted).toBe(cut.position.line - 1);
  expect(cut.counts.rejected).toEqual({});
  const whole = await run(place, await writeFile(place, 'a.csv.gz', zipped));
  expect(whole.counts.counted + cut.counts.counted).toBe(ROWS);
});

test('a gzip with a broken middle is loaded up to it; rows without identifiers are not, for want of a whole file', async () => {
  const place = newPlace();
  const zipped = gzipSync(identifiedCsv(ROWS));
  const middle = Math.floor(zipped.length / 2);
  zipped.fill(0, middle, middle + 200);
  const broken = await run(place, await writeFile(place, 'a.csv.gz', zipped));
  expect(broken.failure).toMatchObject({ message: expect.stringMatching(/^The gzip is damaged: /) });
  expect(broken.counts.counted).toBeGreaterThan(ROWS / 4);
  const anonymous = await run(place, await writeFile(place, 'b.csv.gz', gzipSync(csv()).subarray(0, -20)));
  expect(anonymous.counts).toMatchObject({ counted: 0, rejected: { parameter_missing: expect.any(Number) } });
});

test('a pipe is read once: rows need identifiers, and nothing is kept to go on from', async () => {
  const place = newPlace();
  const text = 'identifier,event_name,payload_value\ni1,tokens,1\n,tokens,2\n';
  for (const bytes of [Buffer.from(text), gzipSync(text)]) {
    place.seen.clear();
    const { counts } = await run(place, streamSource(Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]), 'csv'));
    expect(counts).toEqual({ counted: 1, duplicates: 0, rejected: { parameter_missing: 1 } });
  }
  expect(existsSync(join(place.folder, 'imports'))).toBe(false);
});

test('an empty file is no CSV, but a JSONL of no rows', async () => {
  const place = newPlace();
  expect((await run(place, await writeFile(place, 'a.csv', ''))).failure).toMatchObject({
    message: 'The file is empty.',
  });
  expect(await run(place, await writeFile(place, 'a.jsonl', ''))).toMatchObject({ isComplete: true });
});

test.each([
  ['usage.csv', 'csv'],
  ['usage.CSV.gz', 'csv'],
  ['a.b.json', 'json'],
  ['x.jsonl.gz', 'jsonl'],
  ['x.ndjson', 'jsonl'],
  ['x.gz', undefined],
  ['csv', undefined],
])('the name %s tells %s', (name, format) => {
  expect(formatOfName(name)).toBe(format);
});
