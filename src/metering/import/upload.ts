import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MAX_IMPORT_ERRORS, MAX_IMPORT_UPLOAD_BYTES } from '../../limits.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest, unreadableRequest } from '../../stripe/errors.ts';
import type { JsonObject } from '../../stripe/json.ts';
import { type Route, route, type Upload } from '../../stripe/route.ts';
import { noParams } from '../meter.params.ts';
import type { MeterEventRecorder } from '../record_event.ts';
import { countRejected, type ImportCounts, loadEvents, NOTHING_COUNTED } from './load.ts';
import { readRows } from './read_rows.ts';
import { ImportFileError, type ImportFormat, type RejectedRow } from './row.ts';
import { contentBlocks, contentIdentity, fileSource, type ImportSource, rowIdentifiers } from './source.ts';

const FORMATS: Readonly<Record<string, ImportFormat>> = {
  'text/csv': 'csv',
  'application/json': 'json',
  'application/jsonl': 'jsonl',
  'application/x-ndjson': 'jsonl',
};

/** The door for files. */
export function eventImportRoutes(recorder: MeterEventRecorder): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/usance/event_imports',
      answers: { object: 'usance.event_import' },
      params: noParams,
      maxBytes: MAX_IMPORT_UPLOAD_BYTES,
      receive: async (context, upload) => await importUpload(recorder, context, upload),
    }),
  ];
}

/**
 * `POST /v1/usance/event_imports`: counts the events of a file and answers when all are durable. Sent again, the same
 * file counts nothing twice. Throws a StripeError when the file as a whole can't be read, before anything is counted.
 */
export async function importUpload(
  recorder: Pick<MeterEventRecorder, 'import'>,
  context: Context,
  upload: Upload,
): Promise<JsonObject> {
  const format = readFormat(upload);
  // It must be known whole before its first row is counted, and is too large for memory.
  const folder = await mkdtemp(join(tmpdir(), 'usance-upload-'));
  try {
    const path = join(folder, 'events');
    await pipeline(upload.body, atMost(MAX_IMPORT_UPLOAD_BYTES), createWriteStream(path, { mode: 0o600 }));
    return await importStored(recorder, context, await fileSource(path, format));
  } catch (error) {
    throw error instanceof ImportFileError ? invalidRequest(error.message) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importStored(
  recorder: Pick<MeterEventRecorder, 'import'>,
  context: Context,
  source: ImportSource,
): Promise<JsonObject> {
  const identity = await contentIdentity(source.open(), MAX_IMPORT_UPLOAD_BYTES);
  const errors: RejectedRow[] = [];
  let counts: ImportCounts = NOTHING_COUNTED;
  await loadEvents(
    readRows(contentBlocks(source.open()), { format: source.format, identify: rowIdentifiers(identity) }),
    {
      write: async (rows) =>
        await recorder.import(
          context,
          rows.map(({ input }) => input),
        ),
      settled(sofar, { rejected }) {
        counts = sofar;
        errors.push(...rejected.slice(0, MAX_IMPORT_ERRORS - errors.length));
      },
    },
  );
  return {
    object: 'usance.event_import',
    counted: counts.counted,
    duplicates: counts.duplicates,
    rejected: countRejected(counts),
    has_more_errors: countRejected(counts) > errors.length,
    errors: errors.map(({ line, code, message }) => ({ line, code, message })),
  };
}

function readFormat({ contentType = '', contentEncoding = 'identity' }: Upload): ImportFormat {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const format = FORMATS[type];
  if (format === undefined) {
    throw unreadableRequest(
      `A file of events is text/csv, application/jsonl or application/json, not ${type.slice(0, 60) || 'without a type'}.`,
      415,
    );
  }
  if (/^(gzip|x-gzip|identity)$/i.test(contentEncoding)) return format;
  throw unreadableRequest(`The content encoding must be gzip, not ${contentEncoding.slice(0, 60)}.`, 415);
}

/** Passes a body on as long as it is within the bound. */
function atMost(bytes: number) {
  return async function* (body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > bytes) throw unreadableRequest(`The file is larger than ${bytes} bytes.`, 413);
      yield chunk;
    }
  };
}
