import { type Bench, runBench } from './bench.ts';
import { fillEvents } from './fill.ts';
import { sumRawEvents } from './fill.sql.ts';
import { startGenerator } from './generator.ts';
import type { LoadResult } from './load.ts';
import type { RequestPlan } from './requests.ts';
import { report, round, SECONDS } from './results.ts';
import { clientOf, onDatabase, openSession, prepareSubject, type Subject } from './subject.ts';
import { backdateSubscription } from './subject.sql.ts';

/** Events of the one customer whose usage is read. */
const EVENTS = Number(process.env['BENCH_USAGE_EVENTS'] ?? 10_000_000);

const DAYS = 30;
const HOUR_MS = 3_600_000;
const STREAM_CONNECTIONS = 8;

/** Previews a second while events come in: more would measure how the two share the cores. */
const PREVIEWS_PER_SECOND = 20;

type Reader = { readonly customer: string; readonly subscription: string; readonly rawSumMs: number };

/**
 * `npm run bench:usage`: previews of a customer with 10 million events in the period, on an idle server and while events
 * come in at half the highest rate; then 30 days of hourly summaries. The reference is the sum over the raw events.
 */
await runBench(async (bench) => {
  const subject = await prepareSubject(bench.server);
  const reader = await prepareReader(bench, subject);
  const preview = previewPlan(bench, reader.subscription);
  await read(bench, preview, 2);
  const idle = await read(bench, preview, SECONDS);
  const pages = await summaryPages(bench, subject, reader);
  const firstPage = await read(bench, { ...pages, paths: pages.paths.slice(0, 1) }, SECONDS / 2);
  const month = await read(bench, pages, SECONDS / 2, pages.paths.length);
  // Its period begins now, in the middle of a minute that the flood then fills.
  const flooded = previewPlan(bench, await subscribe(bench, subject));
  const busy = await measureBusy(bench, subject, preview);
  const worst = await read(bench, flooded, SECONDS / 2);
  report('usage', bench.calibration, {
    events_in_period: EVENTS,
    preview_idle_p50_ms: idle.p50Ms,
    preview_idle_p99_ms: idle.p99Ms,
    ...busy,
    preview_flooded_minute_p50_ms: worst.p50Ms,
    preview_flooded_minute_p99_ms: worst.p99Ms,
    summaries_page_of_100_p50_ms: firstPage.p50Ms,
    summaries_page_of_100_p99_ms: firstPage.p99Ms,
    summaries_30_days_pages: pages.paths.length,
    summaries_30_days_p50_ms: month.p50Ms,
    summaries_30_days_p99_ms: month.p99Ms,
    reference: 'a sum over the raw events of the period in SQL, ms',
    reference_ms: reader.rawSumMs,
    ratio: round(reader.rawSumMs / idle.p50Ms),
  });
});

/** A subscription of the first customer whose period began 30 days ago, and its events, stored by SQL. */
async function prepareReader(bench: Bench, subject: Subject): Promise<Reader> {
  const { server } = bench;
  const [customer = ''] = subject.customers;
  const to = new Date();
  const from = new Date(to.getTime() - DAYS * 24 * HOUR_MS);
  const id = await subscribe(bench, subject);
  const [series = 0] = await fillEvents(server, { ...subject, customers: [customer], events: EVENTS, from, to });
  return await onDatabase(server.databaseUrl, async (db) => {
    await backdateSubscription(db, id, from);
    // Once to bring the rows into memory.
    await sumRawEvents(db, series, from);
    const startedAt = performance.now();
    const total = await sumRawEvents(db, series, from);
    const rawSumMs = round(performance.now() - startedAt);
    await checkTotal(server, subject, customer, from, total);
    return { customer, subscription: id, rawSumMs };
  });
}

/** Subscribes the first customer. */
async function subscribe({ server }: Bench, { customers, price }: Subject): Promise<string> {
  const [customer = ''] = customers;
  return (await clientOf(server).subscriptions.create({ customer, items: [{ price }] })).id;
}

/** A fast wrong figure is worth nothing: the summary of the period must be the sum of the raw events. */
async function checkTotal(server: Bench['server'], subject: Subject, customer: string, from: Date, total: number) {
  const minute = 60_000;
  const start_time = (Math.floor(from.getTime() / minute) * minute) / 1000;
  const end_time = (Math.ceil(Date.now() / minute) * minute) / 1000;
  const list = await clientOf(server).billing.meters.listEventSummaries(subject.meter, {
    customer,
    start_time,
    end_time,
  });
  const told = list.data[0]?.aggregated_value;
  if (told !== total) throw new Error(`The summary tells ${told}, the raw events sum up to ${total}`);
}

function previewPlan({ server }: Bench, subscription: string): RequestPlan {
  const body = `subscription=${subscription}`;
  return { kind: 'form', secretKey: server.secretKey, path: '/v1/invoices/create_preview', body };
}

/** The pages of 720 hourly windows, 100 a page, newest first. */
async function summaryPages({ server }: Bench, { meter }: Subject, { customer }: Reader) {
  const end = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;
  const range = { customer, start_time: end / 1000 - DAYS * 24 * 3600, end_time: end / 1000 };
  const query = { ...range, value_grouping_window: 'hour', limit: 100 } as const;
  const paths: string[] = [];
  let page = await clientOf(server).billing.meters.listEventSummaries(meter, query);
  let after = '';
  for (;;) {
    const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    paths.push(`/v1/billing/meters/${meter}/event_summaries?${params.toString()}${after}`);
    if (!page.has_more) return { kind: 'get', secretKey: server.secretKey, paths } as const;
    const last = page.data.at(-1)?.id ?? '';
    after = `&starting_after=${last}`;
    page = await clientOf(server).billing.meters.listEventSummaries(meter, { ...query, starting_after: last });
  }
}

/** One at a time. `together` requests in a row are timed as one. */
async function read({ server, generator }: Bench, plan: RequestPlan, seconds: number, together = 1) {
  return await generator.run({ port: server.port, plan, connections: 1, seconds, together });
}

async function measureBusy(bench: Bench, { customers }: Subject, preview: RequestPlan) {
  const { server, generator } = bench;
  const { port } = server;
  const plan = { kind: 'stream', token: await openSession(server), customers } as const;
  const stream = { port, plan, connections: STREAM_CONNECTIONS } as const;
  await generator.run({ ...stream, seconds: 3 });
  const most = await generator.run({ ...stream, seconds: SECONDS / 2 });
  const second = startGenerator();
  try {
    const perSecond = most.requestsPerSecond / 2;
    const [load, previews] = await Promise.all([
      second.run({ ...stream, seconds: SECONDS + 2, perSecond }),
      generator.run({ port, plan: preview, connections: 1, seconds: SECONDS, perSecond: PREVIEWS_PER_SECOND }),
    ]);
    return busyFigures(most, load, previews);
  } finally {
    await second.stop();
  }
}

function busyFigures(most: LoadResult, load: LoadResult, previews: LoadResult) {
  return {
    preview_busy_p50_ms: previews.p50Ms,
    preview_busy_p99_ms: previews.p99Ms,
    previews_per_second: PREVIEWS_PER_SECOND,
    highest_ingest_events_per_second: most.eventsPerSecond,
    ingest_events_per_second_meanwhile: load.eventsPerSecond,
  };
}
