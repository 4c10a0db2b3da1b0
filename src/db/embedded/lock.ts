import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, isRunning, startMark } from './processes.ts';

/** Gives a lock back. */
export type Release = () => Promise<void>;

/**
 * Takes the lock file `path` for this process. Of any number of simultaneous calls exactly one succeeds; a lock whose
 * holder died is taken over. Throws what `inUseBy` makes of the living holder's pid.
 */
export async function takeLock(path: string, inUseBy: (pid: number) => Error): Promise<Release> {
  const holder = await tryTake(path, await ownMark());
  if (holder !== undefined) throw inUseBy(holder);
  return () => rm(path, { force: true });
}

/** Like `takeLock`, but waits while a living process holds the lock. For locks that are held for seconds at most. */
export async function waitForLock(path: string): Promise<Release> {
  const mine = await ownMark();
  while ((await tryTake(path, mine)) !== undefined) await sleep(20);
  return () => rm(path, { force: true });
}

async function ownMark(): Promise<string> {
  return JSON.stringify({ pid: process.pid, start: await startMark(process.pid) });
}

/** Answers `undefined` when the lock was taken, otherwise the pid of the living holder. */
async function tryTake(path: string, mine: string): Promise<number | undefined> {
  for (;;) {
    if (await createWhole(path, mine)) return undefined;
    const found = await readFile(path, 'utf8').catch(unlessMissing);
    if (found === undefined) continue;
    const holder = await livingHolder(found);
    if (holder !== undefined) return holder;
    await removeStale(path, found, mine);
  }
}

/**
 * Removes a dead holder's lock. Two processes that both saw it must not both remove it, or the slower one removes
 * the faster one's new lock; so the right to remove exactly this content is itself a lock, named after the content.
 */
async function removeStale(path: string, found: string, mine: string): Promise<void> {
  const permit = `${path}.${createHash('sha256').update(found).digest('hex').slice(0, 16)}`;
  if ((await tryTake(permit, mine)) !== undefined) {
    await sleep(5);
    return;
  }
  try {
    if ((await readFile(path, 'utf8').catch(unlessMissing)) === found) await rm(path);
  } finally {
    await rm(permit, { force: true });
  }
}

/** Creates the file with its content in one step; false when it is there already. */
async function createWhole(path: string, content: string): Promise<boolean> {
  // A hard link is exclusive like O_EXCL, and nobody ever reads a lock that is created but not yet written.
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content, { flag: 'wx', mode: 0o644 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function livingHolder(content: string): Promise<number | undefined> {
  let holder: { pid?: unknown; start?: string };
  try {
    holder = JSON.parse(content);
  } catch {
    return undefined; // Only a crash of the machine leaves half a lock, and no holder survives that.
  }
  if (typeof holder.pid !== 'number') return undefined;
  return (await isRunning(holder.pid, holder.start)) ? holder.pid : undefined;
}

function unlessMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}
