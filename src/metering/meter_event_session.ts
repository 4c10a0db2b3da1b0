import { hash } from 'node:crypto';
import type { Queryable } from '../db/pool.ts';
import { MAX_CACHED_SESSIONS, METER_EVENT_SESSION_MINUTES } from '../limits.ts';
import type { Account, Context } from '../stripe/context.ts';
import { isSessionToken, SESSION_TOKEN_PREFIX } from '../stripe/credentials.ts';
import { StripeError } from '../stripe/errors.ts';
import { newModeId, randomCharacters } from '../stripe/ids.ts';
import type { JsonObject } from '../stripe/json.ts';
import { toRfc3339 } from '../time/instant.ts';
import { findSessionAccount, insertSession } from './meter_event_session.sql.ts';

export type MeterEventSession = {
  readonly id: string;
  readonly createdAt: Temporal.Instant;
  /** From this instant on the token opens nothing. */
  readonly expiresAt: Temporal.Instant;
};

/** 32 characters of 62 are 190 random bits. */
const TOKEN_CHARACTERS = 32;

/**
 * Opens a session of the stream: 15 minutes in which its token stands for the account. The token is in this answer and
 * nowhere else; the table has its hash. Nothing ends a session early: revoking the secret key that opened it stops new
 * sessions, and the last one ends within 15 minutes.
 */
export async function openSession(context: Context): Promise<JsonObject> {
  const { now, account } = context;
  const session = {
    id: newModeId('meterEventSession', account.livemode),
    createdAt: now,
    expiresAt: now.add({ minutes: METER_EVENT_SESSION_MINUTES }),
  };
  const token = SESSION_TOKEN_PREFIX + randomCharacters(TOKEN_CHARACTERS);
  await insertSession(context, session, hashToken(token));
  return {
    id: session.id,
    object: 'v2.billing.meter_event_session',
    authentication_token: token,
    created: toRfc3339(now.epochMilliseconds),
    expires_at: toRfc3339(session.expiresAt.epochMilliseconds),
    livemode: account.livemode,
  };
}

type Found = { readonly account: Account; readonly expiresAt: Temporal.Instant };

/**
 * Whose a session's token is, in any process and after any restart. Sessions are remembered until they end, since
 * nothing changes them, so that a stream costs one look-up a process.
 */
export class MeterEventSessions {
  readonly #db: Queryable;
  readonly #known = new Map<string, Found>();
  /** Requests that ask at once for one token share a query. */
  readonly #asked = new Map<string, Promise<Found | undefined>>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** The account of a token. Throws 401: `billing_meter_event_session_expired`, or another code for what is no token. */
  async accountOf(token: string | undefined, now: Temporal.Instant): Promise<Account> {
    if (token === undefined || !isSessionToken(token)) throw noToken(token);
    const found = this.#known.get(token) ?? (await this.#ask(token));
    if (found !== undefined && found.expiresAt.epochMilliseconds > now.epochMilliseconds) return found.account;
    this.#known.delete(token);
    throw sessionExpired();
  }

  async #ask(token: string): Promise<Found | undefined> {
    const asking = this.#asked.get(token) ?? this.#find(token).finally(() => this.#asked.delete(token));
    this.#asked.set(token, asking);
    return await asking;
  }

  /** Only tokens that exist are remembered, so that guesses can't fill the memory. */
  async #find(token: string): Promise<Found | undefined> {
    const found = await findSessionAccount(this.#db, hashToken(token));
    if (found === undefined) return undefined;
    if (this.#known.size >= MAX_CACHED_SESSIONS) this.#known.clear();
    this.#known.set(token, found);
    return found;
  }
}

/** What is stored of a token. */
function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** The official clients know it by its type and open a new session. */
function sessionExpired(): StripeError {
  return new StripeError({
    status: 401,
    type: 'temporary_session_expired',
    code: 'billing_meter_event_session_expired',
    beforeExecution: true,
    message:
      'The meter event session has expired or never was. Open a new one with POST /v2/billing/meter_event_session and use its authentication_token.',
  });
}

function noToken(credentials: string | undefined): StripeError {
  const problem =
    credentials === undefined
      ? 'You did not provide an authentication token.'
      : 'This is not the token of a meter event session.';
  return new StripeError({
    status: 401,
    beforeExecution: true,
    message: `${problem} The meter event stream takes the authentication_token of a meter event session (POST /v2/billing/meter_event_session) as 'Authorization: Bearer YOUR_TOKEN'.`,
  });
}
