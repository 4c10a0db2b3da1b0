import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { MAX_IMPORT_ERRORS } from '../../limits.ts';
import type { Context } from '../../stripe/context.ts';
import { V1 } from '../../stripe/dialect.ts';
import type { EventInput } from '../event_input.ts';
import type { Upload } from '../../stripe/route.ts';
import { importUpload } from './upload.ts';

const context: Context = {
  db: undefined as never,
  account: {
    id: 'acct_1',
    name: 'Test',
    livemode: false,
    country: 'US',
    defaultCurrency: 'usd',
    documentSecret: Buffer.alloc(32),
  },
  now: Temporal.Instant.from('2026-03-10T12:00:00Z'),
  baseUrl: 'http://usance.test',
  request: { id: 'req_1', idempotencyKey: null, keys: V1.keys },
};

/** A set of identifiers, which is all that counting is here. */
function newRecorder() {
  const seen = new Set<string>();
  return {
    async import(_context: Context, inputs: readonly EventInput[]) {
      return inputs.map(({ identifier }) => {
        const isNew = !seen.has(identifier!);
        seen.add(identifier!);
        return { kind: isNew ? ('counted' as const) : ('duplicate' as const) };
      });
    },
  };
}

function upload(bytes: string | Buffer, headers: Partial<Upload> = {}): Upload {
  const all = Buffer.from(bytes);
  const body = Readable.from([all.subarray(0, 3), all.subarray(3)]);
  return { contentType: 'text/csv; charset=utf-8', contentEncoding: undefined, body, ...headers };
}

const CSV = 'event_name,payload_who\na,1\na,2\na\n';

test('a file is counted once, gzipped or not, and bad rows are told', async () => {
  const recorder = newRecorder();
  expect(await importUpload(recorder, context, upload(CSV))).toEqual({
    object: 'usance.event_import',
    counted: 2,
    duplicates: 0,
    rejected: 1,
    has_more_errors: false,
    errors: [{ line: 4, code: 'wrong_column_count', message: 'The row has 1 columns, the header 2.' }],
  });
  const zipped = upload(gzipSync(CSV), { contentEncoding: 'gzip' });
  expect(await importUpload(recorder, context, zipped)).toMatchObject({ counted: 0, duplicates: 2, rejected: 1 });
  const lines = upload('{"event_name":"a","payload":{"who":"1"}}\n', { contentType: 'application/jsonl' });
  expect(await importUpload(recorder, context, lines)).toMatchObject({ counted: 1, errors: [] });
});

test('of many bad rows the first are told', async () => {
  const answer = await importUpload(
    newRecorder(),
    context,
    upload(`event_name,payload_who\n${'a\n'.repeat(MAX_IMPORT_ERRORS + 1)}`),
  );
  expect(answer).toMatchObject({ rejected: MAX_IMPORT_ERRORS + 1, has_more_errors: true });
  expect(answer['errors']).toHaveLength(MAX_IMPORT_ERRORS);
});

test.each<[string, Upload, number, string]>([
  ['a type of no file', upload(CSV, { contentType: 'text/html' }), 415, 'not text/html.'],
  ['no type', upload(CSV, { contentType: undefined }), 415, 'not without a type.'],
  ['another encoding', upload(CSV, { contentEncoding: 'br' }), 415, 'must be gzip, not br.'],
  ['a column that nobody reads', upload('event_name,payload_a,b\n'), 400, "Unknown column 'b'"],
  ['a damaged gzip', upload(gzipSync(CSV).subarray(0, -4)), 400, 'The gzip is damaged'],
])('%s is refused whole, and no copy stays behind', async (_, file, status, message) => {
  const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith('usance-upload-'));
  const before = copies();
  await expect(importUpload(newRecorder(), context, file)).rejects.toMatchObject({
    fields: { status, message: expect.stringContaining(message) },
  });
  expect(copies()).toEqual(before);
});
