import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { readConfig } from '../config.ts';
import type { Database } from '../db/pool.ts';
import { createRecorder, openIngestDatabase, wallTime } from '../main.ts';
import { importFile, type ImportFileOptions, type ImportResult } from '../metering/import/import_file.ts';
import { countRejected, type ImportCounts } from '../metering/import/load.ts';
import { type EventRow, ImportFileError, type ImportFormat, type ImportPosition } from '../metering/import/row.ts';
import { fileSource, formatOfName, type ImportSource, streamSource } from '../metering/import/source.ts';
import type { Account } from '../stripe/context.ts';
import { V1 } from '../stripe/dialect.ts';
import { newId } from '../stripe/ids.ts';
import { type AccountChoice, chooseAccount } from './account.ts';
import { refreshStatistics } from '../metering/import/statistics.sql.ts';
import { withDatabase } from './database.ts';
import { count, duration, ImportProgress, rate } from './import_progress.ts';

/** What `usance events import` takes beside the file. */
export type ImportCommandOptions = AccountChoice & {
  format?: string;
  rejected?: string;
  dryRun: boolean;
  restart: boolean;
};

/** What a shell answers for a program that ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;
const EXIT_REJECTED = 2;

/** Fewer rows change no plan. */
const ROWS_WORTH_ANALYZING = 10_000;

/**
 * `usance events import FILE`. Exit code 0: every row is counted, now or before; 2: some were rejected; 130: stopped by
 * Ctrl-C, to be gone on from; 1, by throwing: it failed.
 */
export async function importEventsCommand(file: string, options: ImportCommandOptions): Promise<void> {
  const source = await openSource(file, options.format);
  const rejectedPath = chooseRejectedPath(file, options);
  const progress = new ImportProgress(process.stderr, source.size);
  const plan = {
    source,
    rejectedPath,
    restart: options.restart,
    stop: stopOnInterrupt(),
    listener: {
      begin(phase: 'identify' | 'load', position: ImportPosition) {
        progress.begin(phase === 'identify' ? 'Reading' : 'Importing');
        if (position.offset === 0) return;
        console.error(
          `Going on after line ${count(position.line)}, where an earlier run ended (--restart: from line 1).`,
        );
      },
      read: (bytes: number) => progress.read(bytes),
      settled: (rows: number) => progress.settled(rows),
    },
  };
  try {
    await (options.dryRun ? checkOnly(plan, file, progress) : importIntoAccount(plan, file, options, progress));
  } finally {
    progress.end();
  }
}

type Plan = Omit<ImportFileOptions, 'write' | 'checkpointPath'>;

async function importIntoAccount(plan: Plan, file: string, options: ImportCommandOptions, progress: ImportProgress) {
  const { dataDir } = readConfig(process.env);
  await withDatabase(async (database, url) => {
    const account = await chooseAccount(database, options);
    console.error(`Importing ${file} into account ${account.id} (${account.name}).`);
    const ingest = openIngestDatabase(url);
    try {
      const result = await importFile({
        ...plan,
        write: writeTo(ingest, account),
        checkpointPath: (identity) => join(dataDir, 'imports', `${account.id}-${identity}.json`),
      });
      progress.end();
      if (result.counts.counted >= ROWS_WORTH_ANALYZING) await refreshStatistics(database.kysely);
      if (result.position.offset > 0) console.log(`${describeCounts(result.counts)}${describePace(progress)}`);
      if (!result.isComplete && result.position.offset > 0) console.error(howToGoOn(result, plan.source));
      finish(result, file, plan.rejectedPath);
    } finally {
      await ingest.close();
    }
  });
}

/** The rows of a block become events of the account; `now` is when they are written. */
function writeTo(database: Database, account: Account): ImportFileOptions['write'] {
  const recorder = createRecorder(database);
  return async (rows: readonly EventRow[]) => {
    const request = { id: newId('idempotentRequest'), idempotencyKey: null, keys: V1.keys };
    // No object that an import makes has a link.
    const context = { db: database.kysely, account, now: wallTime(), baseUrl: '', request };
    const inputs = rows.map(({ input }) => input);
    return await recorder.import(context, inputs);
  };
}

function howToGoOn({ position }: ImportResult, source: ImportSource): string {
  const from = source.size === undefined ? 'from its beginning' : `from line ${count(position.line + 1)} on`;
  return `The same command again reads it ${from}; nothing is counted twice.`;
}

/** What needs no database: whether each row can be read. */
async function checkOnly(plan: Plan, file: string, progress: ImportProgress): Promise<void> {
  const result = await importFile({
    ...plan,
    write: async (rows) => rows.map(() => ({ kind: 'counted' })),
    checkpointPath: () => undefined,
  });
  progress.end();
  const { counts } = result;
  if (result.position.offset > 0)
    console.log(
      `${count(counts.counted)} rows can be read, ${count(countRejected(counts))} cannot${describePace(progress)}\n` +
        'Nothing was counted, and neither meters nor customers were looked at.',
    );
  finish(result, file, plan.rejectedPath);
}

function describeCounts(counts: ImportCounts): string {
  const { counted, duplicates } = counts;
  const repeated = `${count(duplicates)} ${duplicates === 1 ? 'duplicate' : 'duplicates'}`;
  return `${count(counted)} counted, ${repeated}, ${count(countRejected(counts))} rejected`;
}

function describePace(progress: ImportProgress): string {
  const { rows, seconds } = progress.sofar;
  // Of the first second a rate says nothing.
  if (seconds < 1) return '.';
  return `; this run: ${count(rows)} rows in ${duration(seconds)} (${count(rate(rows, seconds))} rows/s).`;
}

/** Tells what was rejected, and sets the exit code. Throws what the import failed for. */
function finish({ counts, position, isComplete, failure }: ImportResult, file: string, rejectedPath: string): void {
  const codes = Object.entries(counts.rejected).sort(([, a], [, b]) => b - a);
  if (codes.length > 0) {
    console.log(`Rejected rows, with their reasons, are in ${rejectedPath}:`);
    for (const [code, rows] of codes) console.log(`  ${count(rows).padStart(9)}  ${code}`);
    console.log(
      'Import corrected rows from a file of their own: of an edited file, rows without an identifier count again.',
    );
    process.exitCode = EXIT_REJECTED;
  }
  if (failure instanceof ImportFileError) {
    throw new Error(
      `${file}: ${failure.message}${position.offset === 0 ? '' : ` Line ${count(position.line)} is the last that was read.`}`,
    );
  }
  if (failure !== undefined) throw failure;
  if (!isComplete) process.exitCode = EXIT_INTERRUPTED;
}

async function openSource(file: string, formatName: string | undefined): Promise<ImportSource> {
  if (file === '-') return streamSource(process.stdin, chooseFormat(file, formatName));
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new Error(`There is no file ${file}.`);
  if (found.isDirectory()) throw new Error(`${file} is a folder.`);
  const format = chooseFormat(file, formatName);
  // A pipe with a name, as a shell makes for <(…).
  if (!found.isFile()) return streamSource(createReadStream(file), format);
  return await fileSource(file, format);
}

function chooseFormat(file: string, name: string | undefined): ImportFormat {
  if (name !== undefined && name !== 'csv' && name !== 'json' && name !== 'jsonl') {
    throw new Error(`--format must be csv, json or jsonl, not '${name}'.`);
  }
  const format = name ?? formatOfName(file);
  if (format !== undefined) return format;
  throw new Error(
    `Say --format csv, json or jsonl: ${file === '-' ? 'standard input' : basename(file)} does not tell it.`,
  );
}

/** A trial has a file of its own: the rejected rows of an import that will be gone on from are needed there. */
function chooseRejectedPath(file: string, { rejected, dryRun }: ImportCommandOptions): string {
  const name = `${file === '-' ? 'stdin' : file}${dryRun ? '.dry-run' : ''}.rejected.csv`;
  const path = resolve(rejected ?? name);
  if (path === resolve(file)) throw new Error('--rejected would overwrite the file that is imported.');
  return path;
}

/** npm passes on a Ctrl-C that has reached us already: what arrives within this time is the same one. */
const SAME_INTERRUPT_MILLISECONDS = 1000;

/** Aborts at the first Ctrl-C; the second one ends the process at once. */
function stopOnInterrupt(): AbortSignal {
  const requested = new AbortController();
  let requestedAtMs = 0;
  const stop = () => {
    if (!requested.signal.aborted) {
      requestedAtMs = performance.now();
      console.error('\nStopping after the rows in flight (Ctrl-C again to stop at once).');
      requested.abort();
    } else if (performance.now() - requestedAtMs > SAME_INTERRUPT_MILLISECONDS) {
      process.exit(EXIT_INTERRUPTED);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  return requested.signal;
}
