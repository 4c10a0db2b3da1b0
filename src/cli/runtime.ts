import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';

/** What a running server tells others on this machine, in `$USANCE_DATA_DIR/server.json`. */
export type ServerInfo = { readonly pid: number; readonly url: string; readonly databaseUrl: string };

const SERVER_FILE = 'server.json';
const KEY_FILE = 'secret_key';

/** Tells other commands where this server is. Mode 0600, because a database URL may hold a password. */
export async function writeServerInfo(dataDir: string, info: ServerInfo): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(dataDir, SERVER_FILE), `${JSON.stringify(info)}\n`, { mode: 0o600 });
}

export async function removeServerInfo(dataDir: string): Promise<void> {
  await rm(join(dataDir, SERVER_FILE), { force: true });
}

/** The server that runs on this data folder, if its process lives. */
export async function readServerInfo(dataDir: string): Promise<ServerInfo | undefined> {
  const text = await readOrUndefined(join(dataDir, SERVER_FILE));
  if (text === undefined) return undefined;
  const info = JSON.parse(text) as ServerInfo;
  return isAlive(info.pid) ? info : undefined;
}

/** Keeps the key of the default test account for the commands of this machine. */
export async function writeSecretKey(dataDir: string, secretKey: string): Promise<void> {
  await writeFile(join(dataDir, KEY_FILE), `${secretKey}\n`, { mode: 0o600 });
}

/** The key of the default test account: from the environment, else as the first start kept it. */
export async function readSecretKey(config: Config): Promise<string | undefined> {
  return config.secretKey ?? (await readOrUndefined(join(config.dataDir, KEY_FILE)))?.trim();
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
