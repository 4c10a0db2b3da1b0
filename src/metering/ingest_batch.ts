import type { Database } from '../db/pool.ts';
import { StripeError } from '../stripe/errors.ts';
import type { Answer } from '../stripe/route.ts';
import type { AccountCache, AccountView, AccountViews } from './account_cache.ts';
import { addUp, countValues, type PlacedEvent } from './bucket.ts';
import { type AnswerToStore, type Batch, ensureMinutes, type KnownAnswer, look, write } from './ingest.sql.ts';
import type { EventOutcome, IngestRequest, Settled } from './ingest_request.ts';
import { amountText, checkEvent, type IdentifiedInput, keptPayload, type MeterEvent } from './meter_event.ts';
import type { KnownMinutes } from './known_minutes.ts';
import type { Partitions } from './partition.ts';
import type { RecentUsage } from './recent_usage.ts';
import { rejectedRows } from './rejected_event.ts';
import { type Counted, isSameEvent } from './repeated.ts';
import { resolveSeries, type SeriesWanted } from './series.ts';
import { findEventsByHash } from './stored_event.sql.ts';

/** Where batches are written, and what is remembered between them. */
export type IngestStore = {
  readonly database: Database;
  readonly cache: AccountCache;
  readonly partitions: Partitions;
  readonly knownMinutes: KnownMinutes;
  readonly recentUsage: RecentUsage;
};

/** An event on its way through the batch: checked, then with its series, then with its outcome. */
type Draft = {
  readonly request: IngestRequest;
  readonly input: IdentifiedInput;
  readonly view: AccountView;
  readonly event: MeterEvent | undefined;
  error: StripeError | undefined;
  series: number | undefined;
};

/** How a batch goes about what it can't know: trusting costs a look less, and an attempt where it was wrong. */
export type Caution = {
  /** True: asks for epochs, identifiers and keys. False: what is remembered is right, and identifiers and keys are new. */
  readonly looks: boolean;
  /** True: makes sure of every minute that is not known. False: makes later ones itself. */
  readonly ensuresMinutes: boolean;
};

/** What was remembered of an account is no longer right; nothing was written, and the batch must look. */
export class StaleAccount extends Error {}

/**
 * Writes the events of some requests in one transaction and tells how each request ended, in order: look up what the
 * database knows, if need be; check and place every event in memory; write. Throws StaleAccount and what `write` throws;
 * nothing is written then.
 */
export async function runBatch(
  store: IngestStore,
  requests: readonly IngestRequest[],
  caution: Caution,
): Promise<Settled[]> {
  const accountIds = [...new Set(requests.map((request) => request.accountId))];
  const keyed = requests.filter((request) => request.key !== null);
  const found = caution.looks
    ? await look(
        store.database.pool,
        accountIds,
        requests.flatMap(givenHashes),
        keyed.map(({ accountId, key }) => ({ accountId, key: key?.key ?? '' })),
      )
    : undefined;
  const views = await store.cache.viewsOf(accountIds, found?.epochs);
  const replays = new Map<IngestRequest, KnownAnswer>();
  for (const [place, stored] of found?.answers ?? []) replays.set(keyed[place] as IngestRequest, stored);
  const drafts = await check(
    store,
    requests.filter((request) => !replays.has(request)),
    views,
  );
  const { outcomes, placed } = await decide(store, drafts, found?.known ?? NOTHING_KNOWN);
  const settled = requests.map((request): Settled => {
    const stored = replays.get(request);
    if (stored !== undefined) return { kind: 'replay', stored };
    const own = outcomes.get(request) ?? [];
    return { kind: 'done', outcomes: own, answer: request.answer(own) };
  });
  const isDecided = await writeBatch(store, toBatch(requests, settled, placed, views), caution);
  if (!isDecided) throw new StaleAccount('an account has changed since the events were checked');
  noteUsage(store, requests, settled);
  return settled;
}

function noteUsage(
  { recentUsage }: IngestStore,
  requests: readonly IngestRequest[],
  settled: readonly Settled[],
): void {
  for (const [index, { accountId }] of requests.entries()) {
    const end = settled[index];
    if (end?.kind !== 'done') continue;
    for (const outcome of end.outcomes) {
      if (outcome.kind === 'counted') recentUsage.note(accountId, outcome.event.customerId);
    }
  }
}

const NOTHING_KNOWN: ReadonlySet<string> = new Set();

/** The hashes of identifiers that senders chose; one that was made up here can't be known. */
function givenHashes({ inputs }: IngestRequest): string[] {
  return inputs.filter(({ input }) => input.identifier !== undefined).map(({ hash }) => hash);
}

/** Checks every event by its meter and finds its series. */
async function check(store: IngestStore, requests: readonly IngestRequest[], views: AccountViews): Promise<Draft[]> {
  const names = requests.flatMap(({ accountId, inputs }) =>
    inputs.map(({ input }) => ({ accountId, eventName: input.eventName })),
  );
  await store.cache.loadMeters(views, names);
  const drafts = requests.flatMap((request) => {
    const view = views.get(request.accountId) as AccountView;
    return request.inputs.map((input) => checkOne(request, input, view));
  });
  const wanting = drafts.filter((draft): draft is Draft & SeriesWanted => draft.event !== undefined);
  await resolveSeries(store.database.kysely, store.cache, wanting, requests[0]?.nowMs ?? 0);
  return drafts;
}

function checkOne(request: IngestRequest, input: IdentifiedInput, view: AccountView): Draft {
  const meter = view.meters.get(input.input.eventName) ?? undefined;
  const { settings, clockTimes } = view;
  const checked = checkEvent(input, {
    meter,
    settings,
    clockTimes,
    nowMs: request.nowMs,
    receivedAtMs: request.receivedAtMs,
  });
  const isError = checked instanceof StripeError;
  return {
    request,
    input,
    view,
    event: isError ? undefined : checked,
    error: isError ? checked : undefined,
    series: undefined,
  };
}

type Decided = {
  readonly outcomes: ReadonlyMap<IngestRequest, readonly EventOutcome[]>;
  readonly placed: readonly PlacedEvent[];
};

/** Of the events of one identifier the first counts, if none was counted before; places follow the arrival. */
async function decide(store: IngestStore, drafts: readonly Draft[], known: ReadonlySet<string>): Promise<Decided> {
  const counted = new Map<string, Counted>();
  for (const event of await repeatedOf(store, drafts, known)) counted.set(event.hash, event);
  const taken = new Set(known);
  const outcomes = new Map<IngestRequest, EventOutcome[]>();
  const placed: PlacedEvent[] = [];
  const tell = (request: IngestRequest, outcome: EventOutcome) => {
    const own = outcomes.get(request);
    if (own === undefined) outcomes.set(request, [outcome]);
    else own.push(outcome);
  };
  for (const draft of drafts) {
    const { request, input, event, error, series } = draft;
    if (error !== undefined || event === undefined || series === undefined) {
      tell(request, rejection(draft, error as StripeError));
    } else if (taken.has(input.hash)) {
      tell(request, repetition(draft, event, counted.get(input.hash)));
    } else {
      taken.add(input.hash);
      if (quiet(draft)) counted.set(input.hash, asCounted(event));
      placed.push({ event, seriesId: series, place: placed.length });
      tell(request, { kind: 'counted', event });
    }
  }
  return { outcomes, placed };
}

function asCounted(event: MeterEvent): Counted {
  return {
    meterId: event.meter.id,
    customerId: event.customerId,
    value: amountText(event.amount),
    payload: JSON.parse(keptPayload(event) ?? 'null') as Counted['payload'],
    eventAtMs: event.eventAtMs,
    receivedAtMs: event.receivedAtMs,
    cancelledAt: null,
  };
}

function rejection({ input, view, event }: Draft, error: StripeError): EventOutcome {
  const meterId = view.meters.get(input.input.eventName)?.id ?? null;
  return { kind: 'rejected', error, input, meterId, customerId: event?.customerId ?? null };
}

/** True when the account accepts an identical repetition. */
function quiet({ view }: Draft): boolean {
  return view.settings.repeatedIdentifiers === 'accept_identical';
}

/** The counted events that a repetition may be identical with. */
async function repeatedOf(store: IngestStore, drafts: readonly Draft[], known: ReadonlySet<string>) {
  const hashes = drafts.filter((draft) => quiet(draft) && known.has(draft.input.hash)).map(({ input }) => input.hash);
  return hashes.length === 0 ? [] : await findEventsByHash(store.database.kysely, hashes);
}

function repetition({ input }: Draft, event: MeterEvent, counted: Counted | undefined): EventOutcome {
  if (counted === undefined || !isSameEvent(counted, event, input.input)) {
    return { kind: 'duplicate', identifier: input.identifier };
  }
  const { eventAtMs, receivedAtMs } = counted;
  return { kind: 'repeated', event: { ...event, eventAtMs, receivedAtMs } };
}

function toBatch(
  requests: readonly IngestRequest[],
  settled: readonly Settled[],
  placed: readonly PlacedEvent[],
  views: AccountViews,
): Batch {
  const done = requests.flatMap((request, index) => {
    const end = settled[index];
    return end?.kind === 'done' ? [{ request, ...end }] : [];
  });
  return {
    epochs: new Map([...views].map(([id, { epoch }]) => [id, epoch])),
    events: placed,
    minutes: addUp(placed),
    newMinutes: new Set(),
    values: countValues(placed),
    answers: done.flatMap(({ request, answer }) => toStore(request, answer)),
    rejected: done.flatMap(({ request, outcomes }) => rejectedRows(request, outcomes)),
  };
}

function toStore({ accountId, requestId, key }: IngestRequest, answer: Answer | StripeError): AnswerToStore[] {
  if (key === null || answer instanceof StripeError) return [];
  return [{ accountId, requestId, ...key, status: answer.status, body: answer.body }];
}

/** False: an account has changed, and nothing is written. After a look there may be nothing that needs writing. */
async function writeBatch(store: IngestStore, batch: Batch, { looks, ensuresMinutes }: Caution): Promise<boolean> {
  if (looks && batch.events.length + batch.answers.length + batch.rejected.length === 0) return true;
  const { partitions, knownMinutes, database } = store;
  await partitions.ensure(batch.events.map(({ event }) => event.eventAtMs));
  const missing = knownMinutes.claim(batch.minutes, !ensuresMinutes);
  try {
    if (missing.others.length > 0) {
      await ensureMinutes(database.pool, missing.others);
      knownMinutes.remember(missing.others);
    }
    const isWritten = await write(database.pool, { ...batch, newMinutes: missing.own });
    if (isWritten) knownMinutes.remember(missing.own);
    return isWritten;
  } finally {
    knownMinutes.settle(missing);
  }
}
