import type { Database } from '../db/pool.ts';
import { INGEST_BLOCK_EVENTS } from '../limits.ts';
import { StripeError } from '../stripe/errors.ts';
import type { Answer } from '../stripe/route.ts';
import type { AccountCache, AccountView } from './account_cache.ts';
import { addUp, countValues, type PlacedEvent } from './bucket.ts';
import {
  type AnswerToStore,
  type Batch,
  ensureMinutes,
  type KnownAnswer,
  type Look,
  look,
  write,
} from './ingest.sql.ts';
import type { EventOutcome, IngestRequest, Settled } from './ingest_request.ts';
import { amountText, checkEvent, type IdentifiedInput, keptPayload, type MeterEvent } from './meter_event.ts';
import type { KnownMinutes } from './known_minutes.ts';
import type { Partitions } from './partition.ts';
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

/**
 * Writes the events of some requests in one transaction and tells how each request ended, in order: look up what the
 * database knows, check and place every event in memory, write. Throws what `write` throws; nothing is written then.
 * `looksForRepetitions` false: identifiers are taken for new ones, and one that is not breaks the write.
 */
export async function runBatch(
  store: IngestStore,
  requests: readonly IngestRequest[],
  looksForRepetitions: boolean,
): Promise<Settled[]> {
  const keyed = requests.filter((request) => request.key !== null);
  const found = await look(
    store.database.pool,
    [...new Set(requests.map((request) => request.accountId))],
    looksForRepetitions ? requests.flatMap(givenHashes) : [],
    keyed.map(({ accountId, key }) => ({ accountId, key: key?.key ?? '' })),
  );
  const replays = new Map<IngestRequest, KnownAnswer>();
  for (const [place, stored] of found.answers) replays.set(keyed[place] as IngestRequest, stored);
  const drafts = await check(
    store,
    requests.filter((request) => !replays.has(request)),
    found,
  );
  const { outcomes, placed } = await decide(store, drafts, found);
  const settled = requests.map((request): Settled => {
    const stored = replays.get(request);
    if (stored !== undefined) return { kind: 'replay', stored };
    const own = outcomes.get(request) ?? [];
    return { kind: 'done', outcomes: own, answer: request.answer(own) };
  });
  await writeBatch(store, toBatch(requests, settled, placed));
  return settled;
}

/** The hashes of identifiers that senders chose; one that was made up here can't be known. */
function givenHashes({ inputs }: IngestRequest): string[] {
  return inputs.filter(({ input }) => input.identifier !== undefined).map(({ hash }) => hash);
}

/** Checks every event by its meter and finds its series. */
async function check(store: IngestStore, requests: readonly IngestRequest[], found: Look): Promise<Draft[]> {
  const views = await store.cache.viewsOf(found.epochs);
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
  const checked = checkEvent(input, { meter, settings: view.settings, nowMs: request.nowMs });
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

/** Of the events of one identifier the first counts, if none was counted before; sequences follow the arrival. */
async function decide(store: IngestStore, drafts: readonly Draft[], { known, block }: Look): Promise<Decided> {
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
      placed.push({ event, seriesId: series, sequence: block * INGEST_BLOCK_EVENTS + placed.length });
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
): Batch {
  const done = requests.flatMap((request, index) => {
    const end = settled[index];
    return end?.kind === 'done' ? [{ request, ...end }] : [];
  });
  return {
    events: placed,
    minutes: addUp(placed),
    values: countValues(placed),
    answers: done.flatMap(({ request, answer }) => toStore(request, answer)),
    rejected: done.flatMap(({ request, outcomes }) => rejectedRows(request, outcomes)),
  };
}

function toStore({ accountId, requestId, key }: IngestRequest, answer: Answer | StripeError): AnswerToStore[] {
  if (key === null || answer instanceof StripeError) return [];
  return [{ accountId, requestId, ...key, status: answer.status, body: answer.body }];
}

async function writeBatch(store: IngestStore, batch: Batch): Promise<void> {
  if (batch.events.length + batch.answers.length + batch.rejected.length === 0) return;
  const { partitions, knownMinutes, database } = store;
  await partitions.ensure(batch.events.map(({ event }) => event.eventAtMs));
  const missing = knownMinutes.missing(batch.minutes);
  if (missing.length > 0) await ensureMinutes(database.pool, missing);
  knownMinutes.remember(missing);
  await write(database.pool, batch);
}
