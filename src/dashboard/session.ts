import type { IncomingHttpHeaders } from 'node:http';
import { findAccount } from '../accounts/account.sql.ts';
import { sessionUser } from '../accounts/session.ts';
import type { User } from '../accounts/user.sql.ts';
import type { Queryable } from '../db/pool.ts';
import type { Account } from '../stripe/context.ts';
import { noSession, unreadableRequest } from '../stripe/errors.ts';

export const SESSION_COOKIE = 'usance_session';

/** Names the account that a page shows. Another site's page can't send it without asking first, which is never answered. */
const ACCOUNT_HEADER = 'usance-account';

/** The token of the session cookie; undefined without one. */
export function readSessionToken({ cookie = '' }: IncomingHttpHeaders): string | undefined {
  for (const pair of cookie.split(';')) {
    const [name = '', value = ''] = pair.split('=');
    if (name.trim() === SESSION_COOKIE) return value.trim();
  }
  return undefined;
}

/** Who sends a request of the dashboard. Throws 401 when nobody is logged in. */
export async function requireUser(db: Queryable, headers: IncomingHttpHeaders, now: Temporal.Instant): Promise<User> {
  const token = readSessionToken(headers);
  const user = token === undefined ? undefined : await sessionUser(db, token, now);
  if (user === undefined) throw noSession();
  return user;
}

/**
 * Finds the account of a request that comes with a session instead of a key. Answers undefined where it has no cookie.
 * Throws 401 where the session is over, and 400 where no account is named, as by a page of another site, or none of that
 * id exists.
 */
export function visitorFinder(
  db: Queryable,
  now: () => Temporal.Instant,
): (headers: IncomingHttpHeaders) => Promise<Account> | undefined {
  const find = async (headers: IncomingHttpHeaders) => {
    const visitor = await requireUser(db, headers, now());
    const id = headers[ACCOUNT_HEADER];
    const account = typeof id === 'string' && id !== '' ? await findAccount(db, id) : undefined;
    if (account === undefined) {
      throw unreadableRequest(
        `With a session, the header ${ACCOUNT_HEADER} must name one of the accounts of this server.`,
      );
    }
    return { ...account, visitor };
  };
  return (headers) => (readSessionToken(headers) === undefined ? undefined : find(headers));
}
