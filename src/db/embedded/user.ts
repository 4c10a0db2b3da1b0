import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run, type ServerUser } from './processes.ts';

/** Accounts without rights of their own, in the order we prefer them; `_postgres` is what macOS has. */
const UNPRIVILEGED = ['postgres', '_postgres', 'nobody', 'daemon'];

/**
 * Who must run the server on `cluster`: `undefined` means the current user. PostgreSQL refuses to run as root, so root
 * hands over to the cluster's owner, or for a new cluster to an unprivileged account.
 * Throws when the cluster belongs to somebody we cannot become.
 */
export async function serverUser(cluster: string): Promise<ServerUser | undefined> {
  const me = process.geteuid?.();
  if (me === undefined) return undefined;
  // An empty folder is no cluster yet: whoever made it, initdb will replace it.
  const found = await stat(me === 0 ? join(cluster, 'PG_VERSION') : cluster).catch(() => undefined);
  if (me !== 0) {
    if (found === undefined || found.uid === me) return undefined;
    throw new Error(
      `The database in ${cluster} belongs to ${await nameOf(found.uid)}: start Usance as that user or as root, ` +
        'or set USANCE_DATA_DIR to another folder.',
    );
  }
  if (found === undefined) return unprivilegedUser();
  if (found.uid !== 0) return { name: await nameOf(found.uid), uid: found.uid, gid: found.gid };
  const user = await unprivilegedUser();
  throw new Error(
    `The database in ${cluster} belongs to root, and PostgreSQL refuses to run as root: ` +
      `give it to another user, for example with chown -R ${user.name}: ${cluster}.`,
  );
}

/** True when `user` may enter the folder, which takes the right to pass every folder above it. */
export async function canEnter(folder: string, user: ServerUser | undefined): Promise<boolean> {
  // Trying is the only sure way: modes do not show access lists, and mounts have rules of their own.
  return user === undefined || (await run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], user)).ok;
}

async function unprivilegedUser(): Promise<ServerUser> {
  const accounts = await readAccounts();
  for (const name of UNPRIVILEGED) {
    const account = accounts.find((each) => each.name === name);
    if (account !== undefined) return account;
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and /etc/passwd has none of the users ${UNPRIVILEGED.join(', ')}: ` +
      'start Usance as an ordinary user, or point DATABASE_URL to a PostgreSQL server.',
  );
}

async function nameOf(uid: number): Promise<string> {
  return (await readAccounts()).find((account) => account.uid === uid)?.name ?? `user ${uid}`;
}

async function readAccounts(): Promise<ServerUser[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
