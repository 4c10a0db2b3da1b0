import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLock, waitForLock } from './lock.ts';
import { startMark } from './processes.ts';

let folder: string;
let path: string;
const inUse = (pid: number) => new Error(`held by ${pid}`);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usance-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a lock is held until it is given back, and leaves nothing behind', async () => {
  const release = await takeLock(path, inUse);
  await expect(takeLock(path, inUse)).rejects.toThrow(`held by ${process.pid}`);
  await release();
  await (
    await takeLock(path, inUse)
  )();
  expect(await readdir(folder)).toEqual([]);
});

test('who waits gets the lock after the holder', async () => {
  const order: string[] = [];
  const release = await takeLock(path, inUse);
  const wait = async () => {
    const releaseNext = await waitForLock(path);
    order.push('taken');
    await releaseNext();
  };
  const waiting = wait();
  order.push('given back');
  await release();
  await waiting;
  expect(order).toEqual(['given back', 'taken']);
});

const STALE: [string, () => Promise<string>][] = [
  ['of a process that is gone', async () => JSON.stringify({ pid: 2 ** 22 + 1, start: 'x' })],
  ['whose pid went to another process', async () => JSON.stringify({ pid: process.ppid, start: 'x' })],
  ['of an earlier process with our pid', async () => JSON.stringify({ pid: process.pid, start: 'x' })],
  ['that a crash left empty', async () => ''],
  ['that a crash left half', async () => '{"pid": 1'],
];

test.each(STALE)('a lock %s is taken over by exactly one of many', async (_, content) => {
  await writeFile(path, await content());
  const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path, inUse)));
  expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['lock']);
});

test('a stale lock whose taker died as well is taken over', async () => {
  const dead = JSON.stringify({ pid: 2 ** 22 + 1, start: 'x' });
  await writeFile(path, dead);
  // The permit to remove the lock above, left by a process that died with it.
  await writeFile(`${path}.${createHash('sha256').update(dead).digest('hex').slice(0, 16)}`, dead);
  await takeLock(path, inUse);
  expect(await readdir(folder)).toEqual(['lock']);
});

test('a living holder is recognized by its start', async () => {
  await writeFile(path, JSON.stringify({ pid: process.ppid, start: await startMark(process.ppid) }));
  await expect(takeLock(path, inUse)).rejects.toThrow(`held by ${process.ppid}`);
});
