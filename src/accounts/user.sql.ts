import type { Selectable } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import type { Users } from '../db/tables.generated.ts';

// A user sees every account of the server, so the queries about users are limited to none.

/** A person who may open the dashboard. */
export type User = { readonly id: string; readonly email: string };

export type StoredUser = User & { readonly passwordHash: string };

function toUser(row: Selectable<Users>): StoredUser {
  return { id: row.id, email: row.email, passwordHash: row.password_hash };
}

/** By an address in lower case. */
export async function findUserByEmail(db: Queryable, email: string): Promise<StoredUser | undefined> {
  const row = await db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst(); // unscoped: a person
  return row === undefined ? undefined : toUser(row);
}

/** Stores a user, or the new password of who has that address already; answers who it is. */
export async function saveUser(db: Queryable, user: StoredUser, now: Temporal.Instant): Promise<User> {
  return await db
    .insertInto('users')
    .values({ id: user.id, email: user.email, password_hash: user.passwordHash, created_at: now })
    .onConflict((conflict) => conflict.column('email').doUpdateSet({ password_hash: user.passwordHash }))
    .returning(['id', 'email'])
    .executeTakeFirstOrThrow();
}

export async function hasUsers(db: Queryable): Promise<boolean> {
  const row = await db.selectFrom('users').select('id').limit(1).executeTakeFirst(); // unscoped: whether anybody is there
  return row !== undefined;
}
