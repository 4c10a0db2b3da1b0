import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeForm, type Params } from '../support/form.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads what came over the wire.
export type Json = any;

/** An answer that is no success. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(what: string, status: number, body: Json) {
    super(`${what}: ${status} ${JSON.stringify(body?.error ?? body)}`);
    this.status = status;
    this.code = body?.error?.code;
  }
}

/** The account at the server, and the ids that it gave to what the simulation has names for. */
export type Remote = {
  readonly ids: Map<string, string>;
  /** Of ids to names. */
  readonly names: Map<string, string>;
  /** Throws `Refused` unless the answer is 200. */
  call(method: 'GET' | 'POST' | 'DELETE', path: string, params?: Params, key?: string): Promise<Json>;
  /** The id of something that has a name. */
  id(name: string): string;
  /** Notes the id that the server gave. */
  learn(name: string, id: string): void;
  /** The times at which a clock stops on its way, the last being where it is to go. */
  hops(from: number, to: number): readonly number[];
  /** What happens while a clock is on its way; `isMoving` says whether it still is. */
  onTheWay(isMoving: () => Promise<boolean>): Promise<void>;
  close(): void;
};

/** How clocks fly; without it in one jump each, with nothing on the way. */
export type Flight = Partial<Pick<Remote, 'hops' | 'onTheWay'>>;

/** Requests over few connections that are kept. `address` is asked before each request, and each is tried again when asked. */
export function openRemote(address: () => { readonly url: string }, secretKey: string, flight: Flight = {}): Remote {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const ids = new Map<string, string>();
  const names = new Map<string, string>();
  return {
    ids,
    names,
    call: (method, path, params = {}, key = secretKey) =>
      insist(agent, { address, secretKey: key, method, path, params }),
    id(name) {
      const id = ids.get(name);
      if (id === undefined) throw new Error(`Nothing at the server is known as ${name}`);
      return id;
    },
    learn(name, id) {
      ids.set(name, id);
      names.set(id, name);
    },
    hops: (_from, to) => [to],
    onTheWay: async () => {},
    ...flight,
    close: () => agent.destroy(),
  };
}

type Request = {
  readonly address: () => { readonly url: string };
  readonly secretKey: string;
  readonly method: string;
  readonly path: string;
  readonly params: Params;
};

const ATTEMPTS = 200;

/**
 * Tries again what the server asks to be tried again (a busy clock, a database that is away), with one idempotency key, and
 * what broke with its connection.
 */
async function insist(agent: Agent, request: Request): Promise<Json> {
  const key = `key-${Math.random().toString(36).slice(2)}-${performance.now()}`;
  for (let attempt = 1; ; attempt++) {
    const answer = await send(agent, request, key).catch((error: Error) => error);
    if (!(answer instanceof Error) && answer.status === 200) return answer.body;
    const passes = answer instanceof Error || answer.shouldRetry;
    if (!passes || attempt === ATTEMPTS) {
      if (answer instanceof Error) throw answer;
      throw new Refused(`${request.method} ${request.path}`, answer.status, answer.body);
    }
    await sleep(Math.min(attempt * 5, 100));
  }
}

type Answer = { readonly status: number; readonly shouldRetry: boolean; readonly body: Json };

async function send(agent: Agent, { address, secretKey, method, path, params }: Request, key: string): Promise<Answer> {
  const isV2 = path.startsWith('/v2/');
  const text = isV2 ? JSON.stringify(params) : encodeForm(params);
  const inBody = method === 'POST';
  const url = `${address().url}${path}${!inBody && text !== '' ? `?${text}` : ''}`;
  const headers = {
    authorization: `Bearer ${secretKey}`,
    ...(inBody
      ? {
          'content-type': isV2 ? 'application/json' : 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(text),
          'idempotency-key': key,
        }
      : {}),
  };
  return await new Promise((resolve, reject) => {
    const sent = httpRequest(url, { agent, method, headers, timeout: 30_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (!response.complete) return reject(new Error('The answer was cut off'));
        const shouldRetry = response.headers['stripe-should-retry'] === 'true';
        resolve({ status: response.statusCode ?? 0, shouldRetry, body: JSON.parse(Buffer.concat(chunks).toString()) });
      });
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error('No answer within 30 s')));
    sent.end(inBody ? text : undefined);
  });
}

/** All objects of a list, as the server orders them. */
export async function listAll(remote: Remote, path: string, params: Params = {}): Promise<Json[]> {
  const all: Json[] = [];
  for (;;) {
    const after = all.at(-1)?.id as string | undefined;
    const page = await remote.call('GET', path, { limit: 100, ...params, starting_after: after });
    all.push(...page.data);
    if (page.has_more !== true) return all;
  }
}

/** Sends a clock on its way, and waits until it has arrived. */
export async function moveClock(remote: Remote, from: number, to: number): Promise<void> {
  const path = `/v1/test_helpers/test_clocks/${remote.id('clock')}`;
  for (const hop of remote.hops(from, to)) {
    await remote.call('POST', `${path}/advance`, { frozen_time: hop });
    await remote.onTheWay(async () => (await remote.call('GET', path)).status === 'advancing');
    await untilReady(remote, path);
  }
}

async function untilReady(remote: Remote, path: string): Promise<void> {
  for (let waited = 2; ; waited = Math.min(waited + 2, 20)) {
    const { status } = await remote.call('GET', path);
    if (status === 'ready') return;
    if (status !== 'advancing') throw new Error(`The clock is ${status}`);
    await sleep(waited);
  }
}
