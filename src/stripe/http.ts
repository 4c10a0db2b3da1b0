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
import { decodeUtf8 } from './form.ts';
import { readIdempotencyKey } from './idempotency.ts';
import { newId } from './ids.ts';
import { KNOWN_OPERATIONS } from './known_operations.ts';
import { answer, authenticate, type Pipeline, type RawRequest, refuseConnectHeaders } from './pipeline.ts';
import type { Answer, PathIds, Route } from './route.ts';
import { API_VERSION, versionNotice } from './version.ts';

export type HttpOptions = {
  readonly pipeline: Pipeline;
  readonly routes: readonly Route[];
  readonly log: Logger;
};

declare module 'fastify' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- fastify merges this interface with its own.
  interface FastifyRequest {
    /** Whose request it is; set before a handler runs. */
    account: Account;
  }
}

const FORM_TYPE = 'application/x-www-form-urlencoded';

/** The HTTP server over a table of routes. It speaks the wire dialect and knows nothing of any resource. */
export function createHttpServer(options: HttpOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MILLISECONDS,
    // What arrives while the server drains is answered like the rest.
    return503OnClosing: false,
    clientErrorHandler: answerUnreadable,
    routerOptions: { maxParamLength: 500, querystringParser: () => ({}) },
    frameworkErrors: (error, request, reply) => sendError(options.log, error, request, reply),
    genReqId: () => newId('idempotentRequest'),
    forceCloseConnections: 'idle',
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    // Not awaited: a reply is a promise of its own end.
    void reply.headers({ 'request-id': request.id, 'stripe-version': API_VERSION });
    // Before the body is read: who has no key shall not make us wait for one.
    if (pathOf(request) !== '/healthz') {
      request.account = await authenticate(options.pipeline, request.headers.authorization);
    }
  });
  app.setErrorHandler((error, request, reply) => sendError(options.log, error, request, reply));
  app.setNotFoundHandler((request) => {
    throw unknownRoute(request.method, pathOf(request));
  });
  for (const route of options.routes) addRoute(app, route, options);
  app.get('/healthz', async () => ({ status: 'ok' }));
  for (const operation of unservedOperations(options.routes)) addUnserved(app, operation);
  return app;
}

function addRoute(app: FastifyInstance, route: Route, { pipeline }: HttpOptions): void {
  app.route({
    method: route.method,
    url: route.path,
    async handler(request, reply) {
      const raw = readRequest(request, reply);
      return send(reply, await answer(pipeline, request.account, route, raw));
    },
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
  socket.end(
    `HTTP/1.1 ${status}\r\nrequest-id: ${newId('idempotentRequest')}\r\nstripe-version: ${API_VERSION}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** Operations of Stripe that no route serves, as `POST /v1/refunds`. */
export function unservedOperations(routes: readonly Route[]): string[] {
  const shape = (operation: string) => operation.replaceAll(/\{\w+\}|:\w+/g, '{}');
  const served = new Set(routes.map((route) => shape(`${route.method} ${route.path}`)));
  return KNOWN_OPERATIONS.filter((operation) => !served.has(shape(operation)));
}

function readRequest(request: FastifyRequest, reply: FastifyReply): RawRequest {
  refuseConnectHeaders(request.headers);
  const notice = versionNotice(header(request, 'stripe-version'));
  if (notice !== undefined) void reply.header('stripe-notice', notice);
  const key = request.method === 'POST' ? readIdempotencyKey(header(request, 'idempotency-key')) : null;
  if (key !== null) void reply.header('idempotency-key', key);
  return {
    id: request.id,
    method: request.method,
    path: pathOf(request),
    ids: readIds(request),
    form: [queryOf(request), bodyOf(request)].filter((part) => part !== '').join('&'),
    authorization: request.headers.authorization,
    idempotencyKey: key,
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
  return request.url.split('?')[0] ?? request.url;
}

function queryOf(request: FastifyRequest): string {
  const start = request.url.indexOf('?');
  return start === -1 ? '' : request.url.slice(start + 1);
}

function bodyOf(request: FastifyRequest): string {
  const body = request.body as Buffer | undefined;
  if (body === undefined || body.length === 0 || request.method === 'GET') return '';
  const type = (request.headers['content-type'] ?? FORM_TYPE).split(';')[0]?.trim().toLowerCase();
  if (type !== FORM_TYPE) {
    throw unreadableRequest(`Invalid request: /v1 takes ${FORM_TYPE} bodies, not ${String(type).slice(0, 60)}.`);
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
  const { status, shouldRetry } = known.fields;
  // Errors found while the URL is parsed arrive here before the hook that sets the headers.
  void reply.headers({ 'request-id': request.id, 'stripe-version': API_VERSION });
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="Usance"');
  send(reply, { status, body: JSON.stringify(known.body), ...(shouldRetry === undefined ? {} : { shouldRetry }) });
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
