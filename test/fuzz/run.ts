import { readFileSync } from 'node:fs';
import { Stripe } from 'stripe';
import { seeded } from '../crash/random.ts';
import { clientConfig } from '../support/account.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { type FuzzRequest, makeRequest } from './requests.ts';
import type { World } from './values.ts';
import { sendRaw, type WireAnswer } from './wire.ts';

export type FuzzOptions = {
  readonly requests: number;
  readonly seed: number;
  /** Sends the request of this number alone. */
  readonly only?: number | undefined;
  readonly progress?: (line: string) => void;
};

/** What a run did; that it came to an end means that every answer and every figure was right. */
export type FuzzResult = {
  readonly seed: number;
  readonly requests: number;
  /** Answers by status; 0 where the connection was closed without one. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly validEvents: number;
  readonly memoryMegabytes: { readonly warm: number; readonly half: number; readonly end: number };
};

const CONNECTIONS = 8;
const EVENT_NAME = 'tokens';
/** A session lasts 15 minutes. */
const RENEWAL_MS = 10 * 60_000;
/**
 * What the process may hold at the end beyond what it held half way, and beyond what it held when it was warm. V8 lets
 * the heap float by some tens of megabytes; a leak of 1 KiB a request would be 50 MB in the second half of 100,000.
 */
const MAX_GROWTH_MEGABYTES = { sinceHalf: 40, sinceWarm: 120 };

type Run = {
  readonly options: FuzzOptions;
  readonly server: ServerProcess;
  readonly world: World;
  readonly stripe: Stripe;
  readonly statuses: Record<number, number>;
  next: number;
  counted: bigint;
  validEvents: number;
};

/**
 * Sends malformed and adversarial requests to every door of metering, with valid events among them. Throws when one is
 * answered with a 5xx (but for operations that are not served), when none answers, when a valid event is not counted
 * exactly once, when the server ends, or when its memory grows; the message says how to send the same request again.
 */
export async function fuzzRun(options: FuzzOptions): Promise<FuzzResult> {
  const server = await startServer({ name: `fuzz-${options.seed}` });
  try {
    return await play(await setUp(options, server));
  } finally {
    await server.stop();
  }
}

async function setUp(options: FuzzOptions, server: ServerProcess): Promise<Run> {
  const stripe = new Stripe(server.secretKey, clientConfig(server.url));
  const meter = await stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: EVENT_NAME,
    default_aggregation: { formula: 'sum' },
  });
  const world: World = {
    secretKey: server.secretKey,
    token: (await stripe.v2.billing.meterEventSession.create()).authentication_token,
    noiseCustomer: (await stripe.customers.create({})).id,
    cleanCustomer: (await stripe.customers.create({})).id,
    meterId: meter.id,
    eventName: EVENT_NAME,
    nowSeconds: Math.floor(Date.now() / 1000),
  };
  return { options, server, world, stripe, statuses: {}, next: 0, counted: 0n, validEvents: 0 };
}

async function play(run: Run): Promise<FuzzResult> {
  const { options } = run;
  if (options.only !== undefined) {
    await sendOne(run, options.only);
  }
  const renewal = setInterval(() => void renew(run), RENEWAL_MS);
  const memory: number[] = [];
  try {
    // A quarter warms up; the third and fourth show whether memory still grows.
    for (let quarter = 1; quarter <= 4 && options.only === undefined; quarter++) {
      await sendUntil(run, Math.floor((options.requests * quarter) / 4));
      memory.push(megabytesOf(run.server.pid));
      await checkCounts(run);
      options.progress?.(`${run.next} requests, ${memory.at(-1)} MB, ${JSON.stringify(run.statuses)}`);
    }
  } finally {
    clearInterval(renewal);
  }
  const [warm = 0, half = 0, , end = 0] = memory;
  checkMemory(run, { warm, half, end });
  const { statuses, validEvents, next } = run;
  return { seed: options.seed, requests: next, statuses, validEvents, memoryMegabytes: { warm, half, end } };
}

async function renew(run: Run): Promise<void> {
  run.world.token = (await run.stripe.v2.billing.meterEventSession.create()).authentication_token;
}

async function sendUntil(run: Run, end: number): Promise<void> {
  const work = async () => {
    while (run.next < end) await sendOne(run, run.next++);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
}

async function sendOne(run: Run, number: number): Promise<void> {
  // Neighbouring seeds give unlike choices, so a request is found again by its number alone.
  const request = makeRequest(number, seeded(run.options.seed * 1_000_003 + number), run.world);
  const answer = await sendRaw(Number(new URL(run.server.url).port), request).catch((cause: unknown) => {
    throw failed(run, request, `the server could not be reached: ${(cause as Error).message}`);
  });
  const status = answer?.status ?? 0;
  run.statuses[status] = (run.statuses[status] ?? 0) + 1;
  checkAnswer(run, request, answer);
  if (request.counts === 0) return;
  run.counted += BigInt(request.counts);
  run.validEvents++;
}

function checkAnswer(run: Run, request: FuzzRequest, answer: WireAnswer | undefined): void {
  if (answer === undefined) {
    if (request.mustAnswer) throw failed(run, request, 'no answer came');
    return;
  }
  const { status, text } = answer;
  if (status >= 500 && !(status === 501 && text.includes('operation_not_served'))) {
    throw failed(run, request, `it was answered ${status}:\n${text}`);
  }
  if (request.counts > 0 && status !== 200)
    throw failed(run, request, `a valid event was answered ${status}:\n${text}`);
}

/** Every valid event has been acknowledged, so all of them are in the sum, and nothing else is. */
async function checkCounts({ stripe, world, counted, options, next }: Run): Promise<void> {
  const minute = Math.floor(Date.now() / 60_000) * 60;
  const { data } = await stripe.billing.meters.listEventSummaries(world.meterId, {
    customer: world.cleanCustomer,
    start_time: Math.floor(world.nowSeconds / 60) * 60,
    end_time: minute + 60,
  });
  const found = data[0]?.aggregated_value ?? 0;
  if (BigInt(found) === counted) return;
  throw new Error(
    `After ${next} requests of seed ${options.seed} ${counted} units were sent and ${found} are counted.`,
  );
}

function checkMemory({ options }: Run, { warm, half, end }: FuzzResult['memoryMegabytes']): void {
  if (end - half <= MAX_GROWTH_MEGABYTES.sinceHalf && end - warm <= MAX_GROWTH_MEGABYTES.sinceWarm) return;
  throw new Error(
    `Memory grew: ${warm} MB after a quarter, ${half} MB after half, ${end} MB at the end (seed ${options.seed}).`,
  );
}

/** Resident memory; 0 where the system does not tell it this way. */
function megabytesOf(pid: number): number {
  if (process.platform !== 'linux') return 0;
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

function failed({ options }: Run, { number, bytes, manner }: FuzzRequest, what: string): Error {
  const shown =
    bytes.length > 3_000 ? `${bytes.toString('latin1', 0, 3_000)}… (${bytes.length} bytes)` : bytes.toString('latin1');
  return new Error(
    `Request ${number} (${manner}): ${what}\nSend it again: npm run fuzz -- --seed ${options.seed} --only ${number}\n` +
      JSON.stringify(shown),
  );
}
