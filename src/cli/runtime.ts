import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, startMark } from '../db/embedded/processes.ts';

/** What a running server tells others on this machine, in `$USANCE_DATA_DIR/server.json`. */
export type ServerInfo = {
  readonly pid: number;
  readonly url: string;
  readonly databaseUrl: string;
  /** The key of the default test account, when the server knows it. */
  readonly secretKey?: string | undefined;
};

/** `start` tells the server from a later process that got its pid, which in a container is the likely case. */
type StoredInfo = ServerInfo & { readonly start?: string | undefined };

const SERVER_FILE = 'server.json';
const KEY_FILE = 'secret_key';

/** Tells other commands where this server, the current process, is. Mode 0600, because it holds what opens the data. */
export async function writeServerInfo(dataDir: string, info: Omit<ServerInfo, 'pid'>): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const stored: StoredInfo = { pid: process.pid, start: await startMark(process.pid), ...info };
  const path = join(dataDir, SERVER_FILE);
  // Renamed into place, so that nobody reads half of it.
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(stored)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

/** Removes what this process wrote; servers on a database elsewhere may share a data folder. */
export async function removeServerInfo(dataDir: string): Promise<void> {
  const stored = await readStored(dataDir);
  if (stored?.pid === process.pid) await rm(join(dataDir, SERVER_FILE), { force: true });
}

/** The server that runs on this data folder, if its process lives. */
export async function readServerInfo(dataDir: string): Promise<ServerInfo | undefined> {
  const stored = await readStored(dataDir);
  return stored !== undefined && (await isRunning(stored.pid, stored.start)) ? stored : undefined;
}

async function readStored(dataDir: string): Promise<StoredInfo | undefined> {
  const text = await readOrUndefined(join(dataDir, SERVER_FILE));
  return text === undefined ? undefined : (JSON.parse(text) as StoredInfo);
}

/** Keeps the key of the embedded database's default test account for the commands of this machine. */
export async function writeSecretKey(dataDir: string, secretKey: string): Promise<void> {
  await writeFile(join(dataDir, KEY_FILE), `${secretKey}\n`, { mode: 0o600 });
}

/** The key that `writeSecretKey` kept. */
export async function readSecretKey(dataDir: string): Promise<string | undefined> {
  return (await readOrUndefined(join(dataDir, KEY_FILE)))?.trim();
}

export async function removeSecretKey(dataDir: string): Promise<void> {
  await rm(join(dataDir, KEY_FILE), { force: true });
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
