import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Queryable } from '../db/pool.ts';
import { passingFailure } from '../db/failure.ts';
import { MAX_PAGE_FORM_BYTES } from '../limits.ts';
import { baseUrlOf } from './base_url.ts';
import type { Account, Context } from './context.ts';
import { V1 } from './dialect.ts';
import { StripeError, unreadableRequest } from './errors.ts';
import { decodeForm, decodeUtf8, type FormBranch } from './form.ts';
import { contextOf, type Pipeline } from './pipeline.ts';
import type { PathIds } from './route.ts';

/** What a link opens: a page, or a file where `fileName` is given. */
export type Document = {
  readonly status: 200 | 400 | 404 | 409;
  readonly contentType: string;
  readonly body: string | Buffer;
  /** Plain ASCII without quotes. */
  readonly fileName?: string;
  /** The one style that a page holds, as a source of a Content-Security-Policy. */
  readonly styleSource?: string;
  /** True where the page has a form, which is sent to where the page is from. */
  readonly hasForm?: boolean;
};

/** Where to look instead, seen from the page: a form that was sent is not sent again when the answer is loaded anew. */
export type Elsewhere = { readonly location: string };

/** A form that somebody sent from a page. */
export type Submission = {
  readonly db: Queryable;
  readonly ids: PathIds;
  readonly form: FormBranch;
  readonly now: () => Temporal.Instant;
  /** The surroundings of a verb, once the path has told whose they are. */
  readonly contextFor: (account: Account) => Context;
};

/** A document of a path that whoever knows it may open: it has no key, so the path itself must be the secret. */
export type DocumentRoute = {
  readonly path: string;
  open(db: Queryable, ids: PathIds): Promise<Document>;
  submit?(submission: Submission): Promise<Document | Elsewhere>;
};

type Options = {
  readonly documents: readonly DocumentRoute[];
  readonly pipeline: Pick<Pipeline, 'database' | 'now'>;
  readonly publicUrl?: string | undefined;
  readonly log: Logger;
};

/** Serves documents, in a scope of their own: people read the answers, also those that tell of a failure. */
export function addDocuments(app: FastifyInstance, options: Options): void {
  void app.register(async (scope) => {
    scope.setErrorHandler((error, request, reply) => {
      void reply.headers(headersOf({ contentType: 'text/plain; charset=utf-8' }));
      if (isUnreadable(error)) return reply.code(400).send('This form could not be read.\n');
      options.log.error({ err: error, request: request.id }, 'document failed');
      void reply.code(passingFailure(error) === undefined ? 500 : 503);
      return reply.send(`This can't be shown right now. Please try again later. (${request.id})\n`);
    });
    const config = { takesNoKey: true } as const;
    for (const { path, open, submit } of options.documents) {
      scope.get(path, { config }, async (request, reply) =>
        send(reply, await open(options.pipeline.database.kysely, request.params as PathIds)),
      );
      if (submit === undefined) continue;
      scope.post(path, { config, bodyLimit: MAX_PAGE_FORM_BYTES }, async (request, reply) =>
        send(reply, await submit(readSubmission(request, options))),
      );
    }
  });
}

/** A form that no page of ours sends. */
function isUnreadable(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: number };
  return error instanceof StripeError ? error.fields.status < 409 : statusCode !== undefined && statusCode < 500;
}

/** What a page of ours makes a browser send, which no page of another site can; programs send no `sec-fetch-site`. */
function checkOrigin({ headers }: FastifyRequest): void {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  const isForm = type.trim().toLowerCase() === 'application/x-www-form-urlencoded';
  if (isForm && headers['sec-fetch-site'] !== 'cross-site') return;
  throw unreadableRequest('This is no form of a page that is served here.');
}

function readSubmission(request: FastifyRequest, { pipeline, publicUrl }: Options): Submission {
  checkOrigin(request);
  const body = request.body as Buffer | undefined;
  const baseUrl = publicUrl ?? baseUrlOf(request);
  return {
    db: pipeline.database.kysely,
    ids: request.params as PathIds,
    form: decodeForm(body === undefined ? '' : decodeUtf8(body)),
    now: pipeline.now,
    contextFor: (account) =>
      contextOf(pipeline, account, { id: request.id, idempotencyKey: null, dialect: V1, baseUrl }),
  };
}

function send(reply: FastifyReply, answer: Document | Elsewhere): FastifyReply {
  if ('location' in answer) {
    const headers = headersOf({ contentType: 'text/plain; charset=utf-8' });
    return reply
      .code(303)
      .headers({ ...headers, location: answer.location })
      .send('');
  }
  return reply.code(answer.status).headers(headersOf(answer)).send(answer.body);
}

/** Nothing from elsewhere is loaded, nothing is kept, and no other site learns the address or shows it in a frame. */
function headersOf({
  contentType,
  fileName,
  styleSource,
  hasForm,
}: Omit<Document, 'status' | 'body'>): Record<string, string> {
  const style = styleSource === undefined ? '' : ` style-src '${styleSource}';`;
  const target = hasForm === true ? 'self' : 'none';
  return {
    'content-type': contentType,
    ...(fileName === undefined ? {} : { 'content-disposition': `attachment; filename="${fileName}"` }),
    'content-security-policy': `default-src 'none';${style} base-uri 'none'; form-action '${target}'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex, nofollow',
  };
}
