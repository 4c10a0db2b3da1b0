import { createHash } from 'node:crypto';
import type { Queryable } from '../db/pool.ts';
import { inTransaction } from '../db/transaction.ts';
import { LOGIN_LINK_HOURS, SESSION_DAYS } from '../limits.ts';
import { newId, randomCharacters } from '../stripe/ids.ts';
import { hashPassword, isPassword } from './password.ts';
import {
  deleteExpired,
  deleteSession,
  deleteSessionsOf,
  findSessionUser,
  insertLink,
  insertSession,
  takeLink,
} from './session.sql.ts';
import { findUserByEmail, saveUser, type User } from './user.sql.ts';

/** 32 characters of 62 are 190 random bits. */
const TOKEN_CHARACTERS = 32;

/** A session that has just begun: the token is shown to its browser alone, and stored as a hash. */
export type NewSession = { readonly user: User; readonly token: string; readonly expiresAt: Temporal.Instant };

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Makes a link token, which works once and for `LOGIN_LINK_HOURS`. */
export async function createLoginLink(db: Queryable, now: Temporal.Instant): Promise<string> {
  const token = randomCharacters(TOKEN_CHARACTERS);
  await deleteExpired(db, now);
  await insertLink(db, { hash: hashToken(token), createdAt: now, expiresAt: now.add({ hours: LOGIN_LINK_HOURS }) });
  return token;
}

/**
 * Uses a link: whoever holds it chooses an address and a password and is logged in. Who has that address gets the new
 * password, and all sessions of the old one end. Undefined where the link is unknown, used or over.
 */
export async function setUpUser(
  db: Queryable,
  link: string,
  { email, password }: { email: string; password: string },
  now: Temporal.Instant,
): Promise<NewSession | undefined> {
  const passwordHash = await hashPassword(password);
  return await inTransaction(db, async (within) => {
    if (!(await takeLink(within, hashToken(link), now))) return undefined;
    const user = await saveUser(within, { id: newId('user'), email: email.toLowerCase(), passwordHash }, now);
    await deleteSessionsOf(within, user.id);
    return await beginSession(within, user, now);
  });
}

/** Begins a session; undefined where address and password do not belong together. */
export async function logIn(
  db: Queryable,
  { email, password }: { email: string; password: string },
  now: Temporal.Instant,
): Promise<NewSession | undefined> {
  const stored = await findUserByEmail(db, email.toLowerCase());
  if (!(await isPassword(password, stored?.passwordHash)) || stored === undefined) return undefined;
  await deleteExpired(db, now);
  return await beginSession(db, { id: stored.id, email: stored.email }, now);
}

async function beginSession(db: Queryable, user: User, now: Temporal.Instant): Promise<NewSession> {
  const token = randomCharacters(TOKEN_CHARACTERS);
  const expiresAt = now.add({ hours: SESSION_DAYS * 24 });
  await insertSession(db, user.id, { hash: hashToken(token), createdAt: now, expiresAt });
  return { user, token, expiresAt };
}

/** Whose session a token is; undefined where it is over or never was. */
export async function sessionUser(db: Queryable, token: string, now: Temporal.Instant): Promise<User | undefined> {
  return await findSessionUser(db, hashToken(token), now);
}

/** Ends a session. */
export async function logOut(db: Queryable, token: string): Promise<void> {
  await deleteSession(db, hashToken(token));
}
