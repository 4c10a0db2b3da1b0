import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listAccounts } from '../accounts/account.sql.ts';
import { MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS } from '../accounts/password.ts';
import { logIn, logOut, type NewSession, setUpUser } from '../accounts/session.ts';
import type { User } from '../accounts/user.sql.ts';
import type { Queryable } from '../db/pool.ts';
import { MAX_PAGE_FORM_BYTES, SESSION_DAYS } from '../limits.ts';
import {
  invalidParameter,
  noSession,
  tooManyLogins,
  unreadableRequest,
  usedLink,
  wrongLogin,
} from '../stripe/errors.ts';
import { FailedLogins } from './failed_logins.ts';
import { readSessionToken, requireUser, SESSION_COOKIE } from './session.ts';

const PATH = '/dashboard/session';
const MAX_EMAIL_CHARACTERS = 254;

type Options = {
  readonly db: Queryable;
  readonly now: () => Temporal.Instant;
  readonly milliseconds: () => number;
  /** True where people reach the server over TLS: the cookie is then sent over nothing else. */
  readonly isSecure: boolean;
};

/** Logging in and out: all that the dashboard asks for beside the API. */
export function addSessionRoutes(app: FastifyInstance, { db, now, milliseconds, isSecure }: Options): void {
  const failures = new FailedLogins(milliseconds);
  const config = { takesNoKey: true } as const;
  const bodyLimit = MAX_PAGE_FORM_BYTES;
  const tell = async (user: User) => ({
    user: { id: user.id, email: user.email },
    accounts: (await listAccounts(db)).map(({ id, name, livemode }) => ({ id, name, livemode })),
  });
  const setCookie = (reply: FastifyReply, token: string, seconds: number) => {
    const secure = isSecure ? '; Secure' : '';
    void reply.headers({
      'cache-control': 'no-store',
      'set-cookie': `${SESSION_COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`,
    });
  };
  const begin = async (reply: FastifyReply, session: NewSession) => {
    setCookie(reply, session.token, SESSION_DAYS * 86_400);
    return await tell(session.user);
  };

  app.get(PATH, { config }, async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    return await tell(await requireUser(db, request.headers, now()));
  });
  app.post(PATH, { config, bodyLimit }, async (request, reply) => {
    if (!failures.mayTry()) throw tooManyLogins();
    const session = await logIn(db, readLogin(request), now());
    if (session === undefined) {
      failures.note();
      throw wrongLogin();
    }
    return await begin(reply, session);
  });
  app.post('/dashboard/setup', { config, bodyLimit }, async (request, reply) => {
    const session = await setUpUser(db, readText(request, 'link', MAX_EMAIL_CHARACTERS), readNewLogin(request), now());
    if (session !== undefined) return await begin(reply, session);
    throw usedLink();
  });
  app.delete(PATH, { config }, async (request, reply) => {
    checkOrigin(request);
    const token = readSessionToken(request.headers);
    if (token === undefined) throw noSession();
    await logOut(db, token);
    setCookie(reply, '', 0);
    return {};
  });
}

/** Only our own pages send JSON here: other sites' would have to ask first. Programs send no `sec-fetch-site`. */
function checkOrigin({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin') return;
  throw unreadableRequest('This request comes from a page of another site.');
}

function readBody(request: FastifyRequest): Record<string, unknown> {
  checkOrigin(request);
  const [type] = (request.headers['content-type'] ?? '').split(';');
  try {
    if (type !== 'application/json') throw new TypeError('no JSON');
    const body: unknown = JSON.parse(String(request.body));
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  } catch {
    // Told below, as every body that is no object.
  }
  throw unreadableRequest('This takes a JSON object.');
}

function readText(request: FastifyRequest, name: string, max: number): string {
  const value = readBody(request)[name];
  if (typeof value !== 'string' || value === '' || value.length > max || value.includes('\0')) {
    throw invalidParameter(name, `The ${name} must be 1 to ${max} characters.`);
  }
  return value;
}

function readLogin(request: FastifyRequest): { email: string; password: string } {
  return {
    email: readText(request, 'email', MAX_EMAIL_CHARACTERS).trim(),
    password: readText(request, 'password', MAX_PASSWORD_CHARACTERS),
  };
}

function readNewLogin(request: FastifyRequest): { email: string; password: string } {
  const login = readLogin(request);
  if (!/^[^@\s]+@[^@\s]+$/.test(login.email)) throw invalidParameter('email', `Invalid email address: ${login.email}`);
  if (login.password.length < MIN_PASSWORD_CHARACTERS) {
    throw invalidParameter('password', `Choose a password of at least ${MIN_PASSWORD_CHARACTERS} characters.`);
  }
  return login;
}
