import { chmod, chown, cp, lstat, mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Package, SHARED_FOLDER, platformPackage, repair, usableBinaries } from './binaries.ts';
import { run } from './processes.ts';

/** What npm leaves with blocked install scripts: no links. And, as some unpackers do, no right to execute. */
let bare: Package;
let folder: string;
const isRoot = process.geteuid?.() === 0;
const nobody = { name: 'nobody', uid: 65534, gid: 65534 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usance-binaries-'));
  await chmod(folder, 0o755);
  const installed = await platformPackage();
  // A version of its own keeps the copies of this test apart from real ones.
  bare = { folder: join(folder, 'package'), version: `test-${process.pid}` };
  await cp(join(installed.folder, 'native'), join(bare.folder, 'native'), {
    recursive: true,
    filter: async (path) => !(await lstat(path)).isSymbolicLink(),
  });
  for (const name of await readdir(join(bare.folder, 'native/bin'))) {
    await chmod(join(bare.folder, 'native/bin', name), 0o644);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function copyOf(name: string): Promise<Package> {
  const copy = { folder: join(folder, name), version: `${bare.version}-${name}` };
  await cp(bare.folder, copy.folder, { recursive: true, verbatimSymlinks: true });
  return copy;
}

test('an install without scripts does not run, and is repaired in place, by several processes at once', async () => {
  const source = await copyOf('links');
  const postgres = join(source.folder, 'native/bin/postgres');
  expect((await run(postgres, ['--version'])).ok).toBe(false);
  await Promise.all([repair(source.folder), repair(source.folder), repair(source.folder)]);
  expect(await run(postgres, ['--version'])).toMatchObject({ ok: true, output: expect.stringContaining('18.') });

  const list: { target: string }[] = JSON.parse(await readFile(join(source.folder, 'native/pg-symlinks.json'), 'utf8'));
  for (const { target } of list) expect((await lstat(join(source.folder, target))).isSymbolicLink()).toBe(true);
  const binaries = await usableBinaries(source, folder);
  expect(binaries).toMatchObject({ postgres, major: '18' });
});

test.skipIf(!isRoot)('what the server may not read is copied once (skipped unless root)', async () => {
  const source = await copyOf('closed');
  await chmod(source.folder, 0o700);
  const copy = join(SHARED_FOLDER, `postgresql-${source.version}`);
  try {
    const all = await Promise.all([1, 2, 3].map(() => usableBinaries(source, folder, nobody)));
    for (const { postgres } of all) expect(postgres).toBe(join(copy, 'native/bin/postgres'));
    const { ctimeMs } = await stat(copy);
    await usableBinaries(source, folder, nobody);
    expect((await stat(copy)).ctimeMs).toBe(ctimeMs);
    const leftovers = await readdir(SHARED_FOLDER);
    expect(leftovers.filter((name) => name.includes(source.version))).toEqual([`postgresql-${source.version}`]);

    // A power cut can leave files of the right name without content.
    await rm(join(copy, 'native/lib'), { recursive: true });
    await usableBinaries(source, folder, nobody);
    expect((await run(join(copy, 'native/bin/initdb'), ['--version'], nobody)).ok).toBe(true);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

test.skipIf(!isRoot)('an ordinary user with a read-only install runs a copy (skipped unless root)', async () => {
  const source = await copyOf('read-only');
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  await chown(dataDir, nobody.uid, nobody.gid);
  const script = `
    import { usableBinaries } from ${JSON.stringify(new URL('binaries.ts', import.meta.url).href)};
    console.log((await usableBinaries(${JSON.stringify(source)}, ${JSON.stringify(dataDir)})).postgres);`;
  const { output } = await run(process.execPath, ['--input-type=module', '-e', script], nobody);
  expect(output).toBe(join(dataDir, `postgresql-${source.version}`, 'native/bin/postgres'));
});

test('when nothing works, the error says what was tried', async () => {
  const missing = { folder: join(folder, 'missing'), version: 'none' };
  vi.stubEnv('TMPDIR', folder);
  await expect(usableBinaries(missing, folder)).rejects.toThrow(/cannot run[^]*missing[^]*ENOENT/);
  vi.unstubAllEnvs();
});
