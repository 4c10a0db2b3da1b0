import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { pageHeaders } from './headers.ts';

/** Where the built pages are. */
export const DASHBOARD_FILES = join(import.meta.dirname, '../../dashboard/dist');

/** Addresses of pages: the spaces of test and live data, or of one account. What stands behind them the pages know. */
const PAGE_PATHS = [
  '/',
  '/login',
  '/test',
  '/test/*',
  '/live',
  '/live/*',
  '/:account(^acct_[0-9A-Za-z]+$)',
  '/:account(^acct_[0-9A-Za-z]+$)/*',
];

const NOT_BUILT = `The dashboard is not built. Run \`npm run dashboard:build\`, and start the server again.\n`;
const NONCE = /__NONCE__/g;

/** Serves the pages of the dashboard: one `index.html` for all their addresses, and the files that it loads. */
export function addPages(app: FastifyInstance): void {
  const config = { takesNoKey: true } as const;
  const index = join(DASHBOARD_FILES, 'index.html');
  const template = existsSync(index) ? readFileSync(index, 'utf8') : undefined;
  for (const path of PAGE_PATHS) {
    app.get(path, { config }, async (_request, reply) => {
      if (template === undefined) return reply.code(503).type('text/plain').send(NOT_BUILT);
      const nonce = randomBytes(16).toString('base64');
      return reply.headers(pageHeaders(nonce)).send(template.replace(NONCE, nonce));
    });
  }
  if (template === undefined) return;
  void app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, ...config };
    });
    await scope.register(fastifyStatic, {
      root: join(DASHBOARD_FILES, 'assets'),
      prefix: '/assets/',
      wildcard: false,
      preCompressed: true,
      // Their names tell what is in them.
      immutable: true,
      maxAge: '1y',
      decorateReply: false,
      setHeaders: (reply) => void reply.header('x-content-type-options', 'nosniff'),
    });
  });
}
