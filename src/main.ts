import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { ensureAccounts } from './accounts/first_start.ts';
import { accountFinder } from './accounts/key.ts';
import { billingRoutes } from './billing/billing.routes.ts';
import { priceRoutes } from './catalog/price.routes.ts';
import { planExpandable, priceExpandable } from './catalog/price.view.ts';
import { productRoutes } from './catalog/product.routes.ts';
import { productExpandable } from './catalog/product.view.ts';
import { customerRoutes } from './customers/customer.routes.ts';
import { customerExpandable } from './customers/customer.view.ts';
import { migrate } from './db/migrate.ts';
import { type Database, openDatabase } from './db/pool.ts';
import { eventRoutes } from './events/event.routes.ts';
import { invoiceRoutes } from './invoices/invoice.routes.ts';
import { deleteExpiredPreviews } from './invoices/preview.sql.ts';
import { invoiceExpandable, lineItemExpandable } from './invoices/invoice.view.ts';
import { type Schedule, startWorker } from './jobs/worker.ts';
import {
  IDEMPOTENCY_KEY_HOURS,
  IDENTIFIER_DAYS,
  INVOICE_PREVIEW_HOURS,
  MAX_INGEST_WRITERS,
  SHUTDOWN_MILLISECONDS,
} from './limits.ts';
import { deleteExpiredIdentifiers } from './metering/identifier.sql.ts';
import { Ingest } from './metering/ingest.ts';
import { meterEventRoutes, meterRoutes } from './metering/metering.routes.ts';
import { MeterEventRecorder } from './metering/record_event.ts';
import type { ExpandTable } from './stripe/expand.ts';
import { createHttpServer } from './stripe/http.ts';
import { deleteExpiredAnswers } from './stripe/idempotency.sql.ts';
import type { Route } from './stripe/route.ts';
import { customerSubscriptions } from './subscriptions/of_customer.ts';
import { subscriptionRoutes } from './subscriptions/subscription.routes.ts';
import { fromUnix } from './time/instant.ts';
import { subscriptionExpandable, subscriptionItemExpandable } from './subscriptions/subscription.view.ts';

/** Every object in which `expand` can name fields. */
const EXPAND_TABLE: ExpandTable = {
  customer: {
    ...customerExpandable,
    fields: { ...customerExpandable.fields, subscriptions: { include: customerSubscriptions, list: 'subscription' } },
  },
  invoice: invoiceExpandable,
  line_item: lineItemExpandable,
  plan: planExpandable,
  price: priceExpandable,
  product: productExpandable,
  subscription: subscriptionExpandable,
  subscription_item: subscriptionItemExpandable,
};

/** Every route of the API. */
export function allRoutes(recorder: MeterEventRecorder): Route[] {
  return [
    ...meterRoutes,
    ...meterEventRoutes(recorder),
    ...productRoutes,
    ...priceRoutes,
    ...customerRoutes,
    ...subscriptionRoutes,
    ...invoiceRoutes,
    ...billingRoutes,
    ...eventRoutes,
  ];
}

/** Every schedule, in UTC: what has expired is swept hourly, a few minutes apart. */
function allSchedules({ kysely }: Database, now: () => Temporal.Instant): Schedule[] {
  const sweep = (name: string, cron: string, hours: number, remove: typeof deleteExpiredAnswers): Schedule => ({
    name,
    cron,
    async run() {
      await remove(kysely, now().subtract({ hours }));
    },
  });
  return [
    sweep('forget-idempotency-keys', '7 * * * *', IDEMPOTENCY_KEY_HOURS, deleteExpiredAnswers),
    sweep('forget-invoice-previews', '17 * * * *', INVOICE_PREVIEW_HOURS, deleteExpiredPreviews),
    sweep('forget-event-identifiers', '27 * * * *', IDENTIFIER_DAYS * 24, deleteExpiredIdentifiers),
  ];
}

/** The API's time: Stripe's objects tell whole seconds, so nothing here is finer than what clients can see. */
export function wallTime(): Temporal.Instant {
  return fromUnix(Math.floor(Date.now() / 1000));
}

export type RunningServer = {
  /** Where it listens, as `http://127.0.0.1:12111`. */
  readonly url: string;
  /** The secret key made by this start, if it was the first. */
  readonly createdKey: string | undefined;
  /** Finishes requests in flight, then closes everything that was opened here. */
  stop(): Promise<void>;
};

/**
 * Migrates the database, makes the first accounts, and serves the API.
 * Throws when the database can't be reached, belongs to a newer version, or the port is taken.
 */
export async function startServer(options: {
  databaseUrl: string;
  host: string;
  port: number;
  secretKey: string | undefined;
  /** The key to give the default test account if this start makes it. */
  firstKey?: string | undefined;
  log: Logger;
}): Promise<RunningServer> {
  const database = openDatabase(options.databaseUrl);
  // Events and key look-ups do not wait behind requests that keep the other connections busy.
  const fastLane = openDatabase(options.databaseUrl, { maxConnections: MAX_INGEST_WRITERS + 1 });
  const close = async () => {
    await Promise.all([database.close(), fastLane.close()]);
  };
  try {
    await migrate(database.pool);
    const { createdKey } = await ensureAccounts(database, options.secretKey, wallTime(), options.firstKey);
    const app = createApp(database, fastLane, options.log);
    const worker = await startWorker(database.pool, allSchedules(database, wallTime), options.log);
    const stop = async () => {
      await closeWithin(app, SHUTDOWN_MILLISECONDS);
      await worker.stop();
      await close();
    };
    try {
      return { url: await app.listen({ host: options.host, port: options.port }), createdKey, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

function createApp(database: Database, fastLane: Database, log: Logger): FastifyInstance {
  const recorder = new MeterEventRecorder(new Ingest(fastLane.pool));
  return createHttpServer({
    pipeline: {
      database,
      expandTable: EXPAND_TABLE,
      findAccount: accountFinder(fastLane.kysely, () => Date.now()),
      now: wallTime,
    },
    routes: allRoutes(recorder),
    log,
  });
}

/** Waits for requests in flight; connections that are still busy after the limit are cut. */
async function closeWithin(app: FastifyInstance, milliseconds: number): Promise<void> {
  const limit = setTimeout(() => app.server.closeAllConnections(), milliseconds);
  // Clients keep their connections open, also those whose last answer was sent after the closing began.
  const idle = setInterval(() => app.server.closeIdleConnections(), 50);
  await app.close();
  clearTimeout(limit);
  clearInterval(idle);
}
