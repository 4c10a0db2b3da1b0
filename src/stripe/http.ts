import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { passingFailure } from '../db/failure.ts';
import { MAX_BODY_BYTES, REQUEST_TIMEOUT_MILLISECONDS } from '../limits.ts';
import {
  internalError,
  lockTimeout,
  StripeError,
  unavailable,
  unknownRoute,
  unreadableRequest,
  unservedOperation,
} from './errors.ts';
import type { Account } from './context.ts';
import { baseUrlOf } from './base_url.ts';
import { type Dialect, dialectOf, V1 } from './dialect.ts';
import { addDocuments, type DocumentRoute } from './document.ts';
import { decodeUtf8 } from './form.ts';
import { readIdempotencyKey } from './idempotency.ts';
import { newId } from './ids.ts';
import { KNOWN_OPERATIONS } from './known_operations.ts';
import { answer, authenticate, contextOf, type Pipeline, type RawRequest, refuseConnectHeaders } from './pipeline.ts';
import type { Answer, PathIds, Route, UploadRoute } from './route.ts';
import { toJson } from './json.ts';
import { API_VERSION, versionNotice } from './version.ts';

/** Who hears of requests as they are answered. */
export type Observer = {
  /** Asked first, since most requests are events and nobody wants to hear of them. `isIngest`: at a door for events. */
  isWanted(method: string, status: number, isIngest: boolean): boolean;
  note(seen: SeenRequest): void;
};

/** A request of somebody known, and its answer. */
export type SeenRequest = {
  readonly id: string;
  readonly account: Account;
  readonly at: Temporal.Instant;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly durationMs: number;
  readonly userAgent: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** Empty where it was read as a stream. */
  readonly requestBody: string;
  readonly responseBody: string;
};

export type HttpOptions = {
  readonly pipeline: Pipeline;
  readonly routes: readonly Route[];
  /** What is opened by its link alone. */
  readonly documents: readonly DocumentRoute[];
  readonly observer?: Observer;
  /** What is served beside the API. */
  readonly plugins?: readonly ((app: FastifyInstance) => void)[];
  /** Where people reach the server, if the operator says so. */
  readonly publicUrl: string | undefined;
  readonly log: Logger;
};

declare module 'fastify' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- fastify merges this interface with its own.
  interface FastifyRequest {
    /** Whose request it is; set before a handler runs. */
    account: Account;
    /** When its head had come, by `performance.now`. */
    arrivedMs: number;
  }
  // oxlint-disable-next-line typescript/consistent-type-definitions -- as above.
  interface FastifyContextConfig {
    /** The route that a request meets; absent where none serves it. */
    served?: Route;
    /** True for what is opened without a key: documents by their link, and pages. */
    takesNoKey?: true;
  }
}

/** The HTTP server over a table of routes. It speaks the wire dialect and knows nothing of any resource. */
export function createHttpServer(options: HttpOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MILLISECONDS,
    // What arrives while the server drains is answered like the rest.
    return503OnClosing: false,
    clientErrorHandler: answerUnreadable,
    // The longest ids are those of coupons: 200 characters, each of which may be escaped as nine.
    routerOptions: { maxParamLength: 2_000, querystringParser: () => ({}) },
    frameworkErrors: (error, request, reply) => sendError(options.log, error, request, reply),
    genReqId: () => newId('idempotentRequest'),
    forceCloseConnections: 'idle',
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, reply, done) => {
    request.arrivedMs = performance.now();
    // Not awaited: a reply is a promise of its own end.
    void reply.header('request-id', request.id).header('stripe-version', API_VERSION);
    // Before the body is read: who has no key shall not make us wait for one.
    const { served, takesNoKey } = request.routeOptions.config;
    if (request.url === '/healthz' || takesNoKey === true) return done();
    return setAccount(request, authenticate(options.pipeline, served, request.headers), done);
  });
  if (options.observer !== undefined) addObserver(app, options.pipeline, options.observer);
  app.setErrorHandler((error, request, reply) => sendError(options.log, error, request, reply));
  app.setNotFoundHandler((request) => {
    throw unknownRoute(request.method, pathOf(request));
  });
  for (const route of options.routes) addRoute(app, route, options);
  addDocuments(app, options);
  for (const plugin of options.plugins ?? []) plugin(app);
  app.get('/healthz', async (_request, reply) => {
    const reachable = await options.pipeline.database.isReachable();
    return reply.code(reachable ? 200 : 503).send({ status: reachable ? 'ok' : 'database_unavailable' });
  });
  for (const operation of unservedOperations(options.routes)) addUnserved(app, operation);
  return app;
}

function addObserver(app: FastifyInstance, { now }: Pipeline, observer: Observer): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const { served } = request.routeOptions.config;
    const isIngest = served !== undefined && ('share' in served || 'receive' in served);
    const isTold = request.account !== undefined && typeof payload === 'string';
    if (isTold && observer.isWanted(request.method, reply.statusCode, isIngest)) {
      observer.note(seenOf(request, reply, payload, now()));
    }
    done();
  });
}

function seenOf(request: FastifyRequest, reply: FastifyReply, payload: string, at: Temporal.Instant): SeenRequest {
  return {
    id: request.id,
    account: request.account,
    at,
    method: request.method,
    path: pathOf(request),
    query: queryOf(request),
    status: reply.statusCode,
    durationMs: Math.round(performance.now() - request.arrivedMs),
    userAgent: request.headers['user-agent'],
    idempotencyKey: header(request, 'idempotency-key'),
    requestBody: Buffer.isBuffer(request.body) ? request.body.toString() : '',
    responseBody: payload,
  };
}

/** A remembered account is there at once, and a promise would cost each of thousands of events a second some turns. */
function setAccount(request: FastifyRequest, account: Account | Promise<Account>, done: (error?: Error) => void): void {
  if (account instanceof Promise) {
    account.then((found) => setAccount(request, found, done), done);
    return;
  }
  request.account = account;
  done();
}

function addRoute(app: FastifyInstance, route: Route, { pipeline, publicUrl }: HttpOptions): void {
  if ('receive' in route) return addUpload(app, route, pipeline, publicUrl);
  app.route({
    method: route.method,
    url: route.path,
    config: { served: route },
    async handler(request, reply) {
      const raw = readRequest(request, reply, publicUrl);
      return send(reply, await answer(pipeline, request.account, route, raw));
    },
  });
}

/** In a scope of its own, where a body is handed on as it comes. */
function addUpload(app: FastifyInstance, route: UploadRoute, pipeline: Pipeline, publicUrl: string | undefined): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.route({
      method: route.method,
      url: route.path,
      bodyLimit: route.maxBytes,
      config: { served: route },
      async handler(request, reply) {
        refuseConnectHeaders(request.headers);
        const baseUrl = publicUrl ?? baseUrlOf(request);
        const origin = { id: request.id, idempotencyKey: null, dialect: V1, baseUrl };
        const context = contextOf(pipeline, request.account, origin);
        const body = await route.receive(context, {
          contentType: header(request, 'content-type'),
          contentEncoding: header(request, 'content-encoding'),
          body: request.body as AsyncIterable<Buffer>,
        });
        return send(reply, { status: 200, body: toJson(body) });
      },
    });
  });
}

function addUnserved(app: FastifyInstance, operation: string): void {
  const [method = 'GET', path = '/'] = operation.split(' ');
  app.route({
    method,
    url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    handler() {
      throw unservedOperation(method, path);
    },
  });
}

/** What is no HTTP, or has headers beyond Node's limit, never becomes a request; it is answered in the same shape. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (socket.destroyed || !socket.writable) return;
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const message = tooLarge ? 'The request headers are too large.' : 'The request is not valid HTTP.';
  const body = JSON.stringify(unreadableRequest(message).body);
  endAfterAnswers(
    socket,
    `HTTP/1.1 ${status}\r\nrequest-id: ${newId('idempotentRequest')}\r\nstripe-version: ${API_VERSION}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** Where Node keeps the answer that a connection waits for; it asks there itself before it answers what it can't read. */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/** A request that came whole is answered before what follows it: else it would seem refused, and yet be carried out. */
function endAfterAnswers(socket: AnsweringSocket, text: string): void {
  if (!socket.writable) return;
  const { _httpMessage: pending } = socket;
  if (pending?.req.complete !== true) {
    socket.end(text);
    return;
  }
  // Nothing more is read: each piece of it would come here again.
  socket.pause();
  pending.once('finish', () => endAfterAnswers(socket, text));
}

/** Operations of Stripe that no route serves, as `POST /v1/charges`. */
export function unservedOperations(routes: readonly Route[]): string[] {
  const shape = (operation: string) => operation.replaceAll(/\{\w+\}|:\w+/g, '{}');
  const served = new Set(routes.map((route) => shape(`${route.method} ${route.path}`)));
  return KNOWN_OPERATIONS.filter((operation) => !served.has(shape(operation)));
}

function readRequest(request: FastifyRequest, reply: FastifyReply, publicUrl: string | undefined): RawRequest {
  refuseConnectHeaders(request.headers);
  const notify = noticesOf(reply);
  const notice = versionNotice(header(request, 'stripe-version'));
  if (notice !== undefined) notify(notice);
  const path = pathOf(request);
  const dialect = dialectOf(path);
  const isKeyed = dialect.keys.methods.includes(request.method);
  const key = isKeyed ? readIdempotencyKey(header(request, 'idempotency-key')) : null;
  if (key !== null) void reply.header('idempotency-key', key);
  return {
    id: request.id,
    dialect,
    method: request.method,
    path,
    ids: readIds(request),
    query: queryOf(request),
    body: bodyOf(request, dialect),
    idempotencyKey: key,
    baseUrl: publicUrl ?? baseUrlOf(request),
    notify,
  };
}

/** Adds to the header that the official clients print. */
function noticesOf(reply: FastifyReply): (notice: string) => void {
  const notices: string[] = [];
  return (notice) => {
    notices.push(notice);
    void reply.header('stripe-notice', notices.join(' '));
  };
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function readIds(request: FastifyRequest): PathIds {
  const ids = request.params as PathIds;
  // PostgreSQL can't hold a NUL character, so no object has such an id; and none has an empty one.
  if (Object.values(ids).some((id) => id === '' || id.includes('\0')))
    throw unknownRoute(request.method, pathOf(request));
  return ids;
}

function pathOf(request: FastifyRequest): string {
  const end = request.url.indexOf('?');
  return end === -1 ? request.url : request.url.slice(0, end);
}

function queryOf(request: FastifyRequest): string {
  const start = request.url.indexOf('?');
  return start === -1 ? '' : request.url.slice(start + 1);
}

function bodyOf(request: FastifyRequest, { name, contentType }: Dialect): string {
  const body = request.body as Buffer | undefined;
  if (body === undefined || body.length === 0 || request.method === 'GET') return '';
  // v1 was always lenient towards a form without its type.
  const type = request.headers['content-type'] ?? (name === 'v1' ? contentType : '');
  if (type !== contentType && type.split(';')[0]?.trim().toLowerCase() !== contentType) {
    const given = type === '' ? 'a body without a Content-Type' : type.slice(0, 60);
    throw unreadableRequest(`Invalid request: /${name} takes ${contentType} bodies, not ${given}.`);
  }
  return decodeUtf8(body);
}

function send(reply: FastifyReply, { status, body, original, shouldRetry }: Answer): FastifyReply {
  if (original !== undefined) void reply.headers({ 'idempotent-replayed': 'true', 'original-request': original });
  if (shouldRetry !== undefined) void reply.header('stripe-should-retry', String(shouldRetry));
  return reply.code(status).type('application/json').send(`${body}\n`);
}

function sendError(log: Logger, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = error instanceof StripeError ? error : fromFramework(error, request);
  if (!(error instanceof StripeError) && (known.fields.status >= 500 || passingFailure(error) !== undefined)) {
    log.error({ err: error, request: request.id, method: request.method, path: pathOf(request) }, 'request failed');
  }
  const { status, body, shouldRetry } = dialectOf(pathOf(request)).tell(known);
  // Errors found while the URL is parsed arrive here before the hook that sets the headers.
  void reply.headers({ 'request-id': request.id, 'stripe-version': API_VERSION });
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="Usance"');
  send(reply, { status, body: JSON.stringify(body), ...(shouldRetry === undefined ? {} : { shouldRetry }) });
}

function fromFramework(error: unknown, request: FastifyRequest): StripeError {
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return unreadableRequest(`The request body is larger than ${MAX_BODY_BYTES} bytes.`, 413);
  }
  const failure = passingFailure(error);
  if (failure !== undefined) return failure === 'lock_timeout' ? lockTimeout() : unavailable();
  if (code === 'FST_ERR_BAD_URL') return unreadableRequest('Invalid URL encoding: a percent escape is broken.');
  if (statusCode !== undefined && statusCode < 500) return unreadableRequest((error as Error).message, statusCode);
  return internalError(request.id);
}
