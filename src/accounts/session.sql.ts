import type { Queryable } from '../db/pool.ts';
import type { User } from './user.sql.ts';

// Sessions and links belong to people, and people see every account of the server.

type Token = { readonly hash: Buffer; readonly createdAt: Temporal.Instant; readonly expiresAt: Temporal.Instant };

export async function insertSession(db: Queryable, userId: string, token: Token): Promise<void> {
  await db
    .insertInto('dashboard_sessions')
    .values({ token_hash: token.hash, user_id: userId, created_at: token.createdAt, expires_at: token.expiresAt })
    .execute();
}

/** Whose session it is, unless it is over. */
export async function findSessionUser(db: Queryable, hash: Buffer, now: Temporal.Instant): Promise<User | undefined> {
  return await db
    .selectFrom('dashboard_sessions') // unscoped: the session of a person
    .innerJoin('users', 'users.id', 'dashboard_sessions.user_id')
    .select(['users.id', 'users.email'])
    .where('dashboard_sessions.token_hash', '=', hash)
    .where('dashboard_sessions.expires_at', '>', now)
    .executeTakeFirst();
}

export async function deleteSession(db: Queryable, hash: Buffer): Promise<void> {
  await db.deleteFrom('dashboard_sessions').where('token_hash', '=', hash).execute(); // unscoped: the session of a person
}

export async function deleteSessionsOf(db: Queryable, userId: string): Promise<void> {
  await db.deleteFrom('dashboard_sessions').where('user_id', '=', userId).execute(); // unscoped: the sessions of a person
}

/** Removes what is over: sessions and links. */
export async function deleteExpired(db: Queryable, now: Temporal.Instant): Promise<void> {
  await db.deleteFrom('dashboard_sessions').where('expires_at', '<=', now).execute(); // unscoped: sessions of all people
  await db.deleteFrom('login_links').where('expires_at', '<=', now).execute(); // unscoped: links for anybody
}

export async function insertLink(db: Queryable, token: Token): Promise<void> {
  await db
    .insertInto('login_links')
    .values({ token_hash: token.hash, created_at: token.createdAt, expires_at: token.expiresAt })
    .execute();
}

/** Uses a link up; false when there is none, it was used, or its time is over. */
export async function takeLink(db: Queryable, hash: Buffer, now: Temporal.Instant): Promise<boolean> {
  const result = await db
    .deleteFrom('login_links') // unscoped: a link for whoever holds it
    .where('token_hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
