import { totalmem } from 'node:os';

const MEGABYTE = 1_048_576;

/**
 * An eighth of the memory that this process may use, 128 MB to 4 GB. The index of identifiers is read and written at
 * random places, so it should fit: 20 million identifiers take about 1 GB. Memory that is never touched is never taken.
 */
export function sharedBuffersMegabytes(memoryBytes: number): number {
  return Math.min(4_096, Math.max(128, Math.floor(memoryBytes / 8 / MEGABYTE)));
}

/** A container's limit, where there is one, is below the machine's memory. */
function usableMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/**
 * The server's settings, for a machine that it shares with Usance. They go on the command line at every start, so that
 * an upgrade of Usance changes them for clusters that exist; who wants to tune sets DATABASE_URL to a server of his own.
 */
const SETTINGS: Record<string, string> = {
  // A table that grows from nothing gets statistics within seconds: plans made for a few rows are poor for many.
  autovacuum_naptime: '10s',
  // What was acknowledged survives a power cut.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // Our statements are short and many; compiling one costs more than running it.
  jit: 'off',
  shared_buffers: `${sharedBuffersMegabytes(usableMemory())}MB`,
  wal_buffers: '16MB',
  max_connections: '100',
  // A busy ingest writes about 25 MB of log a second. Fewer checkpoints write fewer full pages; replaying 2 GB after a
  // power cut takes some ten seconds.
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '10min',
  checkpoint_completion_target: '0.9',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  // A repeated identifier breaks a primary key on purpose. The log shall not grow by 4 KB of statement each time, nor tell
  // identifiers; what fails otherwise is in the log of the server that asked.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  logging_collector: 'off',
  log_destination: 'stderr',
};

/** The arguments of `postgres` for a cluster. The folder comes first: by it a later start recognizes the server. */
export function serverArgs(folder: string, settings: Record<string, string>): string[] {
  const pairs = Object.entries({ ...SETTINGS, ...settings });
  return ['-D', folder, ...pairs.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
