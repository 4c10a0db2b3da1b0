import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Database, Queryable } from '../db/pool.ts';
import { passingFailure } from '../db/failure.ts';
import type { PathIds } from './route.ts';

/** What a link opens: a page, or a file where `fileName` is given. */
export type Document = {
  readonly status: 200 | 404;
  readonly contentType: string;
  readonly body: string | Buffer;
  /** Plain ASCII without quotes. */
  readonly fileName?: string;
  /** The one style that a page holds, as a source of a Content-Security-Policy. */
  readonly styleSource?: string;
};

/** A document of a path that whoever knows it may open: it has no key, so the path itself must be the secret. */
export type DocumentRoute = {
  readonly path: string;
  open(db: Queryable, ids: PathIds): Promise<Document>;
};

/** Serves documents, in a scope of their own: people read the answers, also those that tell of a failure. */
export function addDocuments(
  app: FastifyInstance,
  options: {
    readonly documents: readonly DocumentRoute[];
    readonly pipeline: { readonly database: Database };
    readonly log: Logger;
  },
): void {
  void app.register(async (scope) => {
    scope.setErrorHandler((error, request, reply) => {
      options.log.error({ err: error, request: request.id }, 'document failed');
      const status = passingFailure(error) === undefined ? 500 : 503;
      void reply.code(status).headers(headersOf({ contentType: 'text/plain; charset=utf-8' }));
      return reply.send(`This can't be shown right now. Please try again later. (${request.id})\n`);
    });
    for (const { path, open } of options.documents) {
      scope.get(path, { config: { isDocument: true } }, async (request, reply) => {
        const document = await open(options.pipeline.database.kysely, request.params as PathIds);
        return reply.code(document.status).headers(headersOf(document)).send(document.body);
      });
    }
  });
}

/** Nothing from elsewhere is loaded, nothing is kept, and no other site learns the address or shows it in a frame. */
function headersOf({ contentType, fileName, styleSource }: Omit<Document, 'status' | 'body'>): Record<string, string> {
  const style = styleSource === undefined ? '' : ` style-src '${styleSource}';`;
  return {
    'content-type': contentType,
    ...(fileName === undefined ? {} : { 'content-disposition': `attachment; filename="${fileName}"` }),
    'content-security-policy': `default-src 'none';${style} base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex, nofollow',
  };
}
