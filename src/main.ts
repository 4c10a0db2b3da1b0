import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { ensureAccounts } from './accounts/first_start.ts';
import { apiKeyRoutes } from './accounts/api_key.routes.ts';
import { accountFinder } from './accounts/key.ts';
import { createLoginLink } from './accounts/session.ts';
import { hasUsers } from './accounts/user.sql.ts';
import { advanceClocks } from './billing/advance_clocks.ts';
import { explainRoutes } from './audit/explain.routes.ts';
import { billingRoutes } from './billing/billing.routes.ts';
import { couponRoutes } from './catalog/coupon.routes.ts';
import { couponExpandable } from './catalog/coupon.view.ts';
import { ADVANCE_JOB } from './billing/clock.ts';
import { clockAdvanceRoutes } from './billing/clock.routes.ts';
import { collectByPayments } from './billing/collect.ts';
import { billingPaymentListener } from './billing/payment_listener.ts';
import { type Billing, runDueWork } from './billing/run_due.ts';
import { scheduleVerbRoutes } from './billing/schedules/schedule.routes.ts';
import { watchUsage } from './billing/watch_usage.ts';
import { lateUsageRoutes } from './billing/late_usage/late_usage.routes.ts';
import { billingSettingsRoutes } from './billing/settings.routes.ts';
import { priceRoutes } from './catalog/price.routes.ts';
import { usancePriceRoutes } from './catalog/usance_price.routes.ts';
import { planExpandable, priceExpandable } from './catalog/price.view.ts';
import { productRoutes } from './catalog/product.routes.ts';
import { productExpandable } from './catalog/product.view.ts';
import { promotionCodeRoutes } from './catalog/promotion_code.routes.ts';
import { promotionCodeExpandable } from './catalog/promotion_code.view.ts';
import { taxRateRoutes } from './catalog/tax_rate.routes.ts';
import { taxRateExpandable } from './catalog/tax_rate.view.ts';
import { balanceTransactionRoutes } from './customers/balance_transaction.routes.ts';
import { balanceTransactionExpandable } from './customers/balance_transaction.view.ts';
import { clockRoutes } from './clocks/clock.routes.ts';
import { clockExpandable } from './clocks/clock.view.ts';
import type { ClockLimits } from './config.ts';
import { catalogSearchRoutes } from './catalog/search.routes.ts';
import { creditNoteDocumentRoutes } from './credit_notes/document.routes.ts';
import { creditNoteRoutes } from './credit_notes/credit_note.routes.ts';
import { creditNoteExpandable, creditNoteLineExpandable } from './credit_notes/credit_note.view.ts';
import { customerRoutes } from './customers/customer.routes.ts';
import { customerSearchRoutes } from './customers/search.routes.ts';
import { customerExpandable } from './customers/customer.view.ts';
import { taxIdRoutes } from './customers/tax_id.routes.ts';
import { taxIdExpandable } from './customers/tax_id.view.ts';
import { addPages } from './dashboard/pages.plugin.ts';
import { visitorFinder } from './dashboard/session.ts';
import { addSessionRoutes } from './dashboard/session.plugin.ts';
import { migrate } from './db/migrate.ts';
import { type Database, openDatabase } from './db/pool.ts';
import { eventRoutes } from './events/event.routes.ts';
import { documentRoutes } from './invoices/document/document.routes.ts';
import { invoiceRoutes } from './invoices/invoice.routes.ts';
import { invoiceItemRoutes } from './invoices/invoice_item.routes.ts';
import { invoiceItemExpandable } from './invoices/invoice_item.view.ts';
import { invoiceSettingsRoutes } from './invoices/settings.routes.ts';
import { invoiceSearchRoutes } from './invoices/search.routes.ts';
import { invoiceVerbRoutes } from './invoices/verb.routes.ts';
import { discountExpandable } from './invoices/discount.view.ts';
import { invoicePaymentRoutes } from './invoices/invoice_payment.routes.ts';
import { invoicePaymentExpandable } from './invoices/invoice_payment.view.ts';
import { invoiceExpandable, lineItemExpandable } from './invoices/invoice.view.ts';
import { startTicker, type Ticker } from './jobs/ticker.ts';
import { startWorker } from './jobs/worker.ts';
import {
  DUE_WORK_MILLISECONDS,
  ERROR_REPORT_MILLISECONDS,
  MAX_INGEST_WRITERS,
  PAYMENT_RECOVERY_MILLISECONDS,
  REQUEST_LOG_MILLISECONDS,
  SHUTDOWN_MILLISECONDS,
} from './limits.ts';
import { AccountCache } from './metering/account_cache.ts';
import { adjustmentRoutes } from './metering/adjustment.routes.ts';
import { reportErrors } from './metering/error_report.ts';
import { historyRoutes } from './metering/history.routes.ts';
import { eventImportRoutes } from './metering/import/upload.ts';
import { Ingest } from './metering/ingest.ts';
import { meterEventRoutes, meterRoutes } from './metering/metering.routes.ts';
import { meterEventV2Routes } from './metering/meter_event.v2.routes.ts';
import { MeterEventSessions } from './metering/meter_event_session.ts';
import { KnownMinutes } from './metering/known_minutes.ts';
import { Partitions } from './metering/partition.ts';
import { MeterEventRecorder } from './metering/record_event.ts';
import { RecentUsage } from './metering/recent_usage.ts';
import { settingsRoutes } from './metering/settings.routes.ts';
import { usageMeterRoutes } from './metering/usage_meter.routes.ts';
import { chargeRoutes } from './payments/charge.routes.ts';
import { chargeExpandable } from './payments/charge.view.ts';
import { paymentIntentRoutes } from './payments/payment_intent.routes.ts';
import { paymentIntentExpandable } from './payments/payment_intent.view.ts';
import { paymentMethodRoutes } from './payments/payment_method.routes.ts';
import { paymentMethodExpandable } from './payments/payment_method.view.ts';
import { recoverPayments } from './payments/payments.jobs.ts';
import type { Payments } from './payments/payments.ts';
import { refundRoutes } from './payments/refund.routes.ts';
import { refundExpandable } from './payments/refund.view.ts';
import { setupIntentRoutes } from './payments/setup_intent.routes.ts';
import { setupIntentExpandable } from './payments/setup_intent.view.ts';
import { testGateway } from './payments/test_gateway/test_gateway.ts';
import { requestLogRoutes } from './request_log/request_log.routes.ts';
import { RequestRecorder } from './request_log/recorder.ts';
import type { ExpandTable } from './stripe/expand.ts';
import { createHttpServer } from './stripe/http.ts';
import { reportRoutes } from './reports/report.routes.ts';
import type { Route } from './stripe/route.ts';
import { scheduleRoutes } from './subscriptions/schedule.routes.ts';
import { scheduleExpandable } from './subscriptions/schedule.view.ts';
import { customerSubscriptions } from './subscriptions/of_customer.ts';
import { subscriptionSearchRoutes } from './subscriptions/search.routes.ts';
import { sharedMeterRoutes } from './subscriptions/shared_meter.routes.ts';
import { subscriptionRoutes } from './subscriptions/subscription.routes.ts';
import { fromUnix } from './time/instant.ts';
import { subscriptionExpandable, subscriptionItemExpandable } from './subscriptions/subscription.view.ts';
import { allSchedules } from './schedules.ts';

/** Every object in which `expand` can name fields. */
const EXPAND_TABLE: ExpandTable = {
  charge: chargeExpandable,
  coupon: couponExpandable,
  credit_note: creditNoteExpandable,
  credit_note_line_item: creditNoteLineExpandable,
  customer: {
    ...customerExpandable,
    fields: { ...customerExpandable.fields, subscriptions: { include: customerSubscriptions, list: 'subscription' } },
  },
  customer_balance_transaction: balanceTransactionExpandable,
  discount: discountExpandable,
  invoice: invoiceExpandable,
  invoice_payment: invoicePaymentExpandable,
  invoiceitem: invoiceItemExpandable,
  line_item: lineItemExpandable,
  payment_intent: paymentIntentExpandable,
  payment_method: paymentMethodExpandable,
  plan: planExpandable,
  price: priceExpandable,
  product: productExpandable,
  refund: refundExpandable,
  setup_intent: setupIntentExpandable,
  promotion_code: promotionCodeExpandable,
  subscription: subscriptionExpandable,
  subscription_item: subscriptionItemExpandable,
  subscription_schedule: scheduleExpandable,
  tax_id: taxIdExpandable,
  tax_rate: taxRateExpandable,
  'test_helpers.test_clock': clockExpandable,
};

/** Every route of the API. */
export function allRoutes(
  recorder: MeterEventRecorder,
  sessions: MeterEventSessions,
  payments: Payments,
  clockLimits: ClockLimits,
): Route[] {
  return [
    ...meterRoutes,
    ...usageMeterRoutes,
    ...meterEventRoutes(recorder),
    ...meterEventV2Routes(recorder, sessions),
    ...eventImportRoutes(recorder),
    ...adjustmentRoutes,
    ...historyRoutes,
    ...settingsRoutes,
    ...productRoutes,
    ...priceRoutes,
    ...usancePriceRoutes,
    ...couponRoutes,
    ...promotionCodeRoutes,
    ...taxRateRoutes,
    ...clockRoutes,
    ...clockAdvanceRoutes(clockLimits),
    ...customerRoutes,
    ...paymentMethodRoutes(payments, clockLimits),
    ...setupIntentRoutes(payments.gateway),
    ...paymentIntentRoutes(payments),
    ...chargeRoutes,
    ...refundRoutes(payments.gateway),
    ...balanceTransactionRoutes,
    ...taxIdRoutes,
    ...catalogSearchRoutes,
    ...customerSearchRoutes,
    ...subscriptionRoutes,
    ...subscriptionSearchRoutes,
    ...scheduleRoutes,
    ...invoiceItemRoutes,
    ...invoiceRoutes,
    ...invoiceVerbRoutes(payments),
    ...invoicePaymentRoutes,
    ...invoiceSearchRoutes,
    ...invoiceSettingsRoutes,
    ...creditNoteRoutes(payments),
    ...billingRoutes(payments),
    ...scheduleVerbRoutes,
    ...billingSettingsRoutes,
    ...lateUsageRoutes,
    ...sharedMeterRoutes,
    ...explainRoutes,
    ...reportRoutes,
    ...eventRoutes,
    ...requestLogRoutes,
    ...apiKeyRoutes,
  ];
}

/** What is done within seconds, and so more often than schedules can. */
type Tickers = { readonly all: readonly Ticker[]; readonly clocks: Ticker };

function startTickers(billing: Billing, payments: Payments, recentUsage: RecentUsage, stopping: AbortSignal): Tickers {
  const { db, wallTime: now, log } = billing;
  const every = (name: string, pauseMs: number, run: () => Promise<unknown>): Ticker =>
    startTicker({ name, pauseMs, run: async () => void (await run()) }, log);
  const clocks = every('advance-clocks', DUE_WORK_MILLISECONDS, () => advanceClocks(billing, stopping));
  const dueWork = every('do-due-work', DUE_WORK_MILLISECONDS, () => runDueWork(billing, stopping));
  // Stream events that could not be counted.
  const reports = every('report-errors', ERROR_REPORT_MILLISECONDS, () => reportErrors(db, now()));
  // Payments that wait for the gateway, after a crash or because a bank takes its time.
  const recovery = every('recover-payments', PAYMENT_RECOVERY_MILLISECONDS, () => recoverPayments(db, payments, now()));
  // Usage that may have reached a threshold.
  const usage = every('watch-usage', DUE_WORK_MILLISECONDS, () => watchUsage(db, recentUsage, now()));
  return { all: [clocks, dueWork, reports, recovery, usage], clocks };
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
  /** Of a link by which the first user logs in, while there is none. */
  readonly loginToken: string | undefined;
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
  /** Where people reach the server; without it, links lead to where each request reached it. */
  publicUrl?: string | undefined;
  log: Logger;
  clockLimits: ClockLimits;
}): Promise<RunningServer> {
  const database = openDatabase(options.databaseUrl);
  // Events and key look-ups do not wait behind requests that keep the other connections busy.
  const fastLane = openIngestDatabase(options.databaseUrl);
  // The test gateway keeps its book as a gateway elsewhere would: in transactions of its own.
  const gatewayBook = openDatabase(options.databaseUrl, { maxConnections: 2 });
  const close = async () => {
    await Promise.all([database.close(), fastLane.close(), gatewayBook.close()]);
  };
  try {
    await migrate(database.pool);
    const { createdKey } = await ensureAccounts(database, options.secretKey, wallTime(), options.firstKey);
    const loginToken = (await hasUsers(database.kysely))
      ? undefined
      : await createLoginLink(database.kysely, wallTime());
    const baseUrl = options.publicUrl ?? `http://${options.host}:${options.port}`;
    const payments = { gateway: testGateway(gatewayBook.kysely), listener: billingPaymentListener, baseUrl };
    const recentUsage = new RecentUsage();
    const requests = new RequestRecorder();
    const app = createApp(database, fastLane, payments, { ...options, recentUsage, requests });
    const stopping = new AbortController();
    const schedules = allSchedules(database, wallTime, stopping.signal, baseUrl);
    const { kysely: db } = database;
    const collect = collectByPayments(payments);
    const billing: Billing = { db, wallTime, payments, collect, log: options.log, baseUrl };
    let wakeClocks = () => {};
    const worker = await startWorker(database.pool, schedules, options.log, { [ADVANCE_JOB]: () => wakeClocks() });
    const tickers = startTickers(billing, payments, recentUsage, stopping.signal);
    wakeClocks = tickers.clocks.wake;
    const logging = logRequests(requests, db, options.log);
    const stop = async () => {
      stopping.abort();
      await closeWithin(app, SHUTDOWN_MILLISECONDS);
      await Promise.all([worker, ...tickers.all, logging].map((running) => running.stop()));
      await close();
    };
    try {
      const url = await app.listen({ host: options.host, port: options.port });
      return { url, createdKey, loginToken, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

type AppOptions = {
  readonly log: Logger;
  readonly clockLimits: ClockLimits;
  readonly publicUrl?: string | undefined;
  /** Noted by ingest. */
  readonly recentUsage: RecentUsage;
  readonly requests: RequestRecorder;
};

function createApp(
  database: Database,
  fastLane: Database,
  payments: Payments,
  { log, clockLimits, publicUrl, recentUsage, requests }: AppOptions,
): FastifyInstance {
  const recorder = createRecorder(fastLane, recentUsage);
  return createHttpServer({
    pipeline: {
      database,
      expandTable: EXPAND_TABLE,
      findAccount: accountFinder(fastLane.kysely, () => Date.now()),
      findVisitor: visitorFinder(database.kysely, wallTime),
      now: wallTime,
    },
    routes: allRoutes(recorder, new MeterEventSessions(fastLane.kysely), payments, clockLimits),
    documents: [...documentRoutes(payments), ...creditNoteDocumentRoutes],
    plugins: [
      addPages,
      (app) =>
        addSessionRoutes(app, {
          db: database.kysely,
          now: wallTime,
          milliseconds: () => Date.now(),
          isSecure: publicUrl?.startsWith('https://') === true,
        }),
    ],
    publicUrl,
    log,
    observer: requests,
  });
}

/** Writes the log of requests, a second's at once, and says what was too much. */
function logRequests(requests: RequestRecorder, db: Database['kysely'], log: Logger): Ticker {
  const run = async () => {
    const leftOut = await requests.flush(db);
    if (leftOut > 0) log.warn({ leftOut }, 'requests were left out of the request log');
  };
  const ticker = startTicker({ name: 'log-requests', pauseMs: REQUEST_LOG_MILLISECONDS, run }, log);
  return { ...ticker, stop: () => ticker.stop().then(run) };
}

/**
 * Connections for ingest. Its statements are planned once a connection, for tables of any size: look-ups by index
 * are right for a batch of 2,000 rows also while the tables are small and the planner would rather read them whole.
 */
export function openIngestDatabase(databaseUrl: string): Database {
  return openDatabase(databaseUrl, {
    maxConnections: MAX_INGEST_WRITERS + 1,
    settings: {
      plan_cache_mode: 'force_generic_plan',
      enable_hashjoin: 'off',
      enable_mergejoin: 'off',
      enable_seqscan: 'off',
    },
  });
}

/** The pipeline of meter events on a database. */
export function createRecorder(database: Database, recentUsage = new RecentUsage()): MeterEventRecorder {
  const cache = new AccountCache(database.kysely);
  const partitions = new Partitions(database.kysely);
  const knownMinutes = new KnownMinutes();
  // Behind a new connection may be a database that went back in time: after a failover, or restored from a copy.
  database.pool.on('connect', () => [cache, partitions, knownMinutes].forEach((memory) => memory.forget()));
  return new MeterEventRecorder(new Ingest({ database, cache, partitions, knownMinutes, recentUsage }));
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
