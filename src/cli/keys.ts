import { listAccounts } from '../accounts/account.sql.ts';
import { createKey, hashKey, newSecretKey } from '../accounts/key.ts';
import { findAccountByHash, listKeys, markRevoked } from '../accounts/key.sql.ts';
import { readConfig } from '../config.ts';
import type { Queryable } from '../db/pool.ts';
import { wallTime } from '../main.ts';
import { chooseAccount } from './account.ts';
import { withDatabase } from './database.ts';
import { readSecretKey, removeSecretKey } from './runtime.ts';

/** What `usance keys create` takes. */
export type CreateOptions = { live: boolean; account?: string; name?: string };

/** `usance keys create`: prints the new secret alone on standard output, so that it can be piped. */
export async function createKeyCommand(options: CreateOptions): Promise<void> {
  await withDatabase(async (database) => {
    const account = await chooseAccount(database, options);
    const secretKey = newSecretKey(account.livemode);
    const id = await createKey(database.kysely, {
      accountId: account.id,
      secretKey,
      name: options.name ?? null,
      now: wallTime(),
    });
    console.error(`Key ${id} of account ${account.id} (${account.name}). It is shown only now:`);
    console.log(secretKey);
  });
}

/** `usance keys list`: a line a key, oldest first. */
export async function listKeysCommand(): Promise<void> {
  await withDatabase(async ({ kysely }) => {
    const names = new Map((await listAccounts(kysely)).map((account) => [account.id, account.name]));
    const rows = (await listKeys(kysely)).map((key) => [
      key.id,
      names.get(key.accountId) ?? key.accountId,
      key.redacted,
      key.name ?? '',
      key.createdAt.toString(),
      key.revokedAt === null ? 'active' : `revoked ${key.revokedAt.toString()}`,
    ]);
    console.log(table([['ID', 'ACCOUNT', 'KEY', 'NAME', 'CREATED', 'STATUS'], ...rows]));
  });
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `usance keys revoke ID`. */
export async function revokeKeyCommand(id: string): Promise<void> {
  await withDatabase(async ({ kysely }) => {
    if (!(await markRevoked(kysely, id, wallTime()))) {
      if (id.startsWith('sk_')) throw new Error('That is a key; say its id, which `usance keys list` shows.');
      throw new Error(`No active key has the id ${id}. \`usance keys list\` shows them.`);
    }
    await forgetRevokedKey(kysely);
    console.log(`Revoked ${id}.`);
  });
}

/** A later start would tell the kept key as the one to use. */
async function forgetRevokedKey(db: Queryable): Promise<void> {
  const { dataDir } = readConfig(process.env);
  const kept = await readSecretKey(dataDir);
  const found = kept === undefined ? undefined : await findAccountByHash(db, hashKey(kept));
  if (found?.revoked === true) await removeSecretKey(dataDir);
}
