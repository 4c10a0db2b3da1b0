import type { Queryable } from '../db/pool.ts';
import type { Scope } from '../db/scope.ts';
import { deleteExpired } from '../db/sweep.ts';
import type { Account } from '../stripe/context.ts';
import type { MeterEventSession } from './meter_event_session.ts';

/** Stores a session under the hash of its token. */
export async function insertSession(scope: Scope, session: MeterEventSession, tokenHash: Buffer): Promise<void> {
  await scope.db
    .insertInto('meter_event_sessions')
    .values({
      hash: tokenHash,
      account_id: scope.account.id,
      id: session.id,
      created_at: session.createdAt,
      expires_at: session.expiresAt,
    })
    .execute();
}

/** The account that a token opens, and until when; also of sessions that are over but not yet swept. */
export async function findSessionAccount(
  db: Queryable,
  tokenHash: Buffer,
): Promise<{ account: Account; expiresAt: Temporal.Instant } | undefined> {
  const row = await db
    .selectFrom('meter_event_sessions') // unscoped: the token tells which account it is
    .innerJoin('accounts', 'accounts.id', 'meter_event_sessions.account_id')
    .select(['accounts.id', 'name', 'livemode', 'country', 'default_currency as defaultCurrency'])
    .select('document_secret as documentSecret')
    .select('meter_event_sessions.expires_at as expiresAt')
    .where('hash', '=', tokenHash)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { expiresAt, ...account } = row;
  return { account, expiresAt };
}

/** Forgets the sessions of all accounts that were over before `now`. Returns how many. */
export async function deleteExpiredSessions(db: Queryable, now: Temporal.Instant): Promise<bigint> {
  return await deleteExpired(db, 'meter_event_sessions', 'expires_at', now);
}
