import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { foldDays, foldUsage } from '../../src/metering/fold.ts';
import type { Meter } from '../../src/metering/meter.ts';
import { findMeter } from '../../src/metering/meter.sql.ts';
import { usageOf } from '../../src/metering/usage.sql.ts';
import { formatDecimal } from '../../src/money/decimal.ts';
import { newAccount, type TestAccount } from '../support/account.ts';
import { naiveCounted, type NaiveEvent, type NaiveMeter, naiveUsage } from '../support/naive-usage.ts';
import { testServer } from '../support/test-server.ts';
import { findDifferences } from '../support/usage-differences.ts';

/*
 * Any sequence of events and corrections, with folds in between, gives the usage that a naive model finds: at every prefix,
 * for any range of seconds. USAGE_RUNS=5000 tries longer; fast-check prints the seed of what fails, and USAGE_SEED repeats it.
 */
const RUNS = Number(process.env['USAGE_RUNS'] ?? 80);
const SEED = process.env['USAGE_SEED'];

const FORMULAS = ['sum', 'count', 'last', 'max', 'min', 'average', 'unique_count'] as const;
const METERS: NaiveMeter[] = FORMULAS.flatMap((formula) => {
  const windows = formula === 'unique_count' ? [null] : [null, 'hour' as const, 'day' as const];
  return windows.map((window) => ({ formula, window }));
});
const DIMENSIONS = ['model', 'region'];

/** 00:00 UTC three weeks ago: events may come for each second of the three days from there on. */
const START_MS = (Math.floor(Date.now() / 86_400_000) - 21) * 86_400_000;
const DAYS = 3;
const END_MS = START_MS + DAYS * 86_400_000;

let account: TestAccount;
let database: Database;
/** By the place in METERS; each once without and once with dimensions. */
let meters: { plain: Meter; dimensioned: Meter }[];

beforeAll(async () => {
  account = await newAccount();
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
  meters = [];
  for (const meter of METERS) {
    meters.push({ plain: await createMeter(meter, []), dimensioned: await createMeter(meter, DIMENSIONS) });
  }
});
afterAll(() => database.close());

const scope = () => ({ db: database.kysely, account: { id: account.accountId } });

async function createMeter({ formula, window }: NaiveMeter, dimensions: string[]): Promise<Meter> {
  const name = `${formula} ${window} ${dimensions.join()}`;
  const { status, body } = await account.request('POST', '/v1/usance/meters', {
    display_name: name,
    event_name: name,
    default_aggregation: { formula },
    ...(window === null ? {} : { event_time_window: window }),
    ...(dimensions.length === 0 ? {} : { dimension_payload_keys: dimensions }),
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return (await findMeter(scope(), body.id))!;
}

// Few moments, so that events and bounds meet in one second, minute, hour and day, and at their edges.
const seconds = fc
  .tuple(
    fc.integer({ min: 0, max: DAYS - 1 }),
    fc.constantFrom(0, 1, 2, 23),
    fc.constantFrom(0, 1, 30, 59),
    fc.oneof(fc.constantFrom(0, 1, 59), fc.integer({ min: 0, max: 59 })),
  )
  .map(([day, hour, minute, second]) => START_MS + (((day * 24 + hour) * 60 + minute) * 60 + second) * 1000);

const values = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.constantFrom(
    '0.1',
    '-2.5',
    '0.000000000001',
    '-0.000000000005',
    '999999999999999.999999999999',
    '-999999999999999',
  ),
);

// A small choice, so that some repeat.
const identifiers = fc.integer({ min: 0, max: 40 }).map(String);

const events = fc.record({
  identifier: identifiers,
  atMs: fc.tuple(seconds, fc.constantFrom(0, 0, 1, 999)).map(([second, rest]) => second + rest),
  value: values,
  dimensions: fc.record({ model: fc.constantFrom('a', 'b"\\', ''), region: fc.constantFrom('eu', 'ü€') }),
});

const ranges = fc.tuple(seconds, seconds).map(([a, b]) => ({ fromMs: Math.min(a, b), toMs: Math.max(a, b) }));

const checks = fc.record({
  range: fc.oneof(ranges, fc.constant({ fromMs: START_MS, toMs: END_MS })),
  window: fc.constantFrom('hour' as const, 'day' as const, undefined),
  groupBy: fc.subarray(DIMENSIONS),
  filter: fc.constantFrom({}, { model: 'a' }, { model: 'b"\\', region: 'ü€' }),
});

const steps = fc.array(
  fc.record({
    events: fc.array(events, { minLength: 1, maxLength: 10 }),
    // Up to when hours are folded; all, some or none of them.
    foldUntilMs: fc.option(seconds, { nil: END_MS }),
    folds: fc.constantFrom('nothing' as const, 'hours' as const, 'days' as const),
    cancels: fc.array(identifiers, { maxLength: 4 }),
    checks: fc.array(checks, { minLength: 1, maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 6 },
);

type Check = typeof checks extends fc.Arbitrary<infer T> ? T : never;

/** One customer of one meter, and what a model knows of it. */
class Story {
  readonly received: NaiveEvent[] = [];
  readonly cancelled = new Set<string>();
  readonly #meter: Meter;
  readonly #naive: NaiveMeter;
  readonly #customer: string;
  readonly #token: string;

  constructor(meter: Meter, customer: string, token: string) {
    this.#meter = meter;
    this.#naive = { formula: meter.formula, window: meter.eventTimeWindow };
    this.#customer = customer;
    this.#token = token;
  }

  async send(sent: readonly NaiveEvent[]): Promise<void> {
    const body = sent.map(({ identifier, atMs, value, dimensions }) => ({
      event_name: this.#meter.eventName,
      identifier: `${this.#customer} ${identifier}`,
      timestamp: new Date(atMs).toISOString(),
      payload: { stripe_customer_id: this.#customer, value, ...dimensions },
    }));
    const headers = { authorization: `Bearer ${this.#token}` };
    const { status } = await account.request('POST', '/v2/billing/meter_event_stream', { events: body }, headers);
    expect(status).toBe(200);
    this.received.push(...sent);
  }

  /** Cancels those of the identifiers whose events were counted. */
  async cancel(chosen: readonly string[]): Promise<void> {
    for (const identifier of chosen) {
      const { status } = await account.request('POST', '/v1/billing/meter_event_adjustments', {
        event_name: this.#meter.eventName,
        type: 'cancel',
        cancel: { identifier: `${this.#customer} ${identifier}` },
      });
      const counts = naiveCounted(this.received, this.cancelled).some((event) => event.identifier === identifier);
      expect(status).toBe(counts ? 200 : 400);
      if (counts) this.cancelled.add(identifier);
    }
  }

  async check({ range, window, groupBy, filter }: Check): Promise<void> {
    const dimensioned = this.#meter.dimensionKeys.length > 0;
    await this.#checkUsage(range, dimensioned ? filter : {});
    await this.#checkSummaries(range, window, dimensioned ? groupBy : [], dimensioned ? filter : {});
  }

  #expected(fromMs: number, toMs: number, filter: Record<string, string>): string {
    const counted = naiveCounted(this.received, this.cancelled);
    const matching = counted.filter(({ dimensions }) =>
      Object.entries(filter).every(([key, value]) => dimensions[key] === value),
    );
    const apart = this.#meter.dimensionKeys.length > 0;
    const kept = apart ? matching : matching.map((event) => ({ ...event, dimensions: {} }));
    return naiveUsage(this.#naive, kept, fromMs, toMs);
  }

  async #checkUsage({ fromMs, toMs }: Check['range'], filter: Record<string, string>): Promise<void> {
    const [start, end] = [fromMs, toMs].map((ms) => Temporal.Instant.fromEpochMilliseconds(ms)) as [
      Temporal.Instant,
      Temporal.Instant,
    ];
    const found = await usageOf(scope(), this.#meter, this.#customer, { start, end }, filter);
    expect(formatDecimal(found)).toBe(this.#expected(fromMs, toMs, filter));
  }

  /** The summaries of a range, or the newest 100 of its windows. */
  async #checkSummaries(
    range: Check['range'],
    window: Check['window'],
    groupBy: string[],
    filter: Record<string, string>,
  ) {
    const length = window === undefined ? 1000 : { hour: 3_600_000, day: 86_400_000 }[window];
    const [fromMs, toMs] = [
      Math.floor(range.fromMs / length) * length,
      (Math.floor(range.toMs / length) + (window === undefined && range.toMs > range.fromMs ? 0 : 1)) * length,
    ];
    const { body } = await account.request('GET', `/v1/usance/meters/${this.#meter.id}/summaries`, {
      customer: this.#customer,
      start_time: String(fromMs / 1000),
      end_time: String(toMs / 1000),
      limit: '100',
      ...(window === undefined ? {} : { value_grouping_window: window }),
      ...(groupBy.length === 0 ? {} : { group_by: groupBy }),
      ...(Object.keys(filter).length === 0 ? {} : { filter }),
    });
    const told = (body.data as Told[]).map((one) => [one.start_time * 1000, one.dimensions, one.aggregated_value]);
    const starts = window === undefined ? [fromMs] : newestFirst(fromMs, toMs, length);
    const groups = this.#groups(groupBy, filter);
    const wanted = starts.flatMap((start) => {
      const end = window === undefined ? toMs : start + length;
      return groups.map((group) => [start, group, this.#expected(start, end, { ...filter, ...group })]);
    });
    expect(told).toEqual(wanted.slice(0, 100));
  }

  #groups(groupBy: string[], filter: Record<string, string>): Record<string, string>[] {
    if (groupBy.length === 0) return [{}];
    const matching = naiveCounted(this.received, new Set()).filter(({ dimensions }) =>
      Object.entries(filter).every(([key, value]) => dimensions[key] === value),
    );
    const combinations = matching.map(({ dimensions }) => JSON.stringify(groupBy.map((key) => dimensions[key])));
    return [...new Set(combinations)]
      .map((combination) => JSON.parse(combination) as string[])
      .toSorted((a, b) => Buffer.compare(Buffer.from(a.join('\0')), Buffer.from(b.join('\0'))))
      .map((group) => Object.fromEntries(group.map((value, place) => [groupBy[place], value])));
  }
}

type Told = { start_time: number; dimensions: Record<string, string>; aggregated_value: string };

function newestFirst(fromMs: number, toMs: number, length: number): number[] {
  return Array.from({ length: (toMs - fromMs) / length }, (_, index) => toMs - (index + 1) * length);
}

async function fold(untilMs: number): Promise<void> {
  // Hours count as over a few minutes later.
  await foldUsage(database.kysely, Temporal.Instant.fromEpochMilliseconds(untilMs + 3_600_000));
}

test(
  'usage is what a naive model finds, for any events, corrections, folds and ranges',
  { timeout: 30_000 + RUNS * 1_000 },
  async () => {
    const subject = fc.record({ meter: fc.nat(METERS.length - 1), isDimensioned: fc.boolean(), steps });
    const property = fc.asyncProperty(subject, async ({ meter, isDimensioned, steps: planned }) => {
      const { plain, dimensioned } = meters[meter]!;
      const [customer, session] = await Promise.all([
        account.stripe.customers.create(),
        account.stripe.v2.billing.meterEventSession.create(),
      ]);
      const story = new Story(isDimensioned ? dimensioned : plain, customer.id, session.authentication_token);
      for (const step of planned) {
        await story.send(step.events);
        for (const check of step.checks) await story.check(check);
        await story.cancel(step.cancels);
        if (step.folds !== 'nothing') await fold(step.foldUntilMs);
        if (step.folds === 'days') await foldDays(database.kysely, Temporal.Now.instant());
        for (const check of step.checks) await story.check(check);
      }
    });
    await fc.assert(property, { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
    expect(await findDifferences(database.kysely, account.accountId)).toEqual([]);
  },
);
