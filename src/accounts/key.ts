import { createHash } from 'node:crypto';
import type { Queryable } from '../db/pool.ts';
import { API_KEY_CACHE_MILLISECONDS } from '../limits.ts';
import type { Account } from '../stripe/context.ts';
import type { FoundAccount } from '../stripe/pipeline.ts';
import { redact } from '../stripe/errors.ts';
import { newId, randomCharacters } from '../stripe/ids.ts';
import { findAccountByHash, insertKey } from './key.sql.ts';

/** 24 characters of 62 are 143 random bits. */
const SECRET_CHARACTERS = 24;

/** What is stored of a secret key. */
export function hashKey(secretKey: string): Buffer {
  return createHash('sha256').update(secretKey).digest();
}

/** A new random secret key, `sk_test_…` or `sk_live_…`. */
export function newSecretKey(livemode: boolean): string {
  return `sk_${livemode ? 'live' : 'test'}_${randomCharacters(SECRET_CHARACTERS)}`;
}

/** Stores a key of an account. The secret itself is never stored, so the caller must show or keep it now. */
export async function createKey(
  db: Queryable,
  key: { accountId: string; secretKey: string; name: string | null; now: Temporal.Instant },
): Promise<string> {
  const id = newId('apiKey');
  const row = {
    id,
    accountId: key.accountId,
    name: key.name,
    redacted: redact(key.secretKey),
    createdAt: key.now,
    revokedAt: null,
  };
  await insertKey(db, row, hashKey(key.secretKey));
  return id;
}

type Entry = { found: Account; until: number };

/**
 * Looks up the account of a key. A good key is remembered for a second, which saves a query a request; a revoked key
 * therefore stops working everywhere within a second. Requests that ask at once for one key share one query.
 */
export function accountFinder(
  db: Queryable,
  clock: () => number,
): (key: string) => FoundAccount | Promise<FoundAccount> {
  const cache = new Map<string, Entry>();
  const asked = new Map<string, Promise<FoundAccount>>();
  const ask = async (key: string): Promise<FoundAccount> => {
    const row = await findAccountByHash(db, hashKey(key));
    cache.delete(key);
    if (row === undefined) return undefined;
    if (row.revoked) return 'revoked';
    // Only keys that exist are remembered, so that guesses can't fill the memory.
    cache.set(key, { found: row.account, until: clock() + API_KEY_CACHE_MILLISECONDS });
    return row.account;
  };
  return (key) => {
    const entry = cache.get(key);
    if (entry !== undefined && entry.until > clock()) return entry.found;
    const asking = asked.get(key) ?? ask(key).finally(() => asked.delete(key));
    asked.set(key, asking);
    return asking;
  };
}
