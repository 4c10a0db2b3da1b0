import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, hasStream, insist } from './client.ts';
import { type Ledger, newLedger, type Totals } from './ledger.ts';
import { deliverAll, startLoad } from './load.ts';
import { type Random, seeded } from './random.ts';
import { type Rig, startRig, type Victim } from './rig.ts';

const CUSTOMERS = 6;
const VICTIMS: readonly Victim[] = ['server', 'postgres', 'both'];
/** Acknowledged deliveries that are sent again after each kill, to see that they do not count twice. */
const REPEATED = 60;

export type CrashOptions = {
  readonly kills: number;
  readonly seed: number;
  /** 1: with the embedded PostgreSQL; more: all on one database. */
  readonly servers: number;
  /** Called after each kill that left nothing wrong. */
  readonly progress?: (line: string) => void;
};

/** What a run did; that it came to an end means that every figure was right after every kill. */
export type CrashResult = {
  readonly seed: number;
  readonly servers: number;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly stream: boolean;
  readonly deliveries: number;
  readonly events: number;
  /** Deliveries that had no acknowledgement when the load of their kill ended. */
  readonly unacknowledged: number;
  readonly longestRecoveryMs: number;
};

type Run = {
  readonly rig: Rig;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly customers: readonly string[];
  readonly meters: Readonly<Record<'summed' | 'counted', string>>;
  readonly stream: boolean;
  readonly address: () => Address;
};

/**
 * Kills servers and PostgreSQL under load again and again. After each kill: everything acknowledged is counted and
 * nothing that was never sent; then all that was in doubt is sent again, with a sample of the acknowledged, and every
 * figure equals the sender's own. Throws where that does not hold.
 */
export async function crashRun(options: CrashOptions): Promise<CrashResult> {
  const run = await setUp(options);
  const kills = { server: 0, postgres: 0, both: 0 };
  let unacknowledged = 0;
  let longestRecoveryMs = 0;
  try {
    for (let number = 1; number <= options.kills; number++) {
      const victim = run.random.pick(VICTIMS);
      longestRecoveryMs = Math.max(longestRecoveryMs, await killUnderLoad(run, victim));
      unacknowledged += run.ledger.open().length;
      await compare(run);
      kills[victim]++;
      options.progress?.(`${number}/${options.kills} ${victim}: ${run.ledger.deliveries.length} deliveries are right`);
    }
    const { deliveries } = run.ledger;
    const events = deliveries.reduce((count, delivery) => count + delivery.events.length, 0);
    const { seed, servers } = options;
    const counts = { deliveries: deliveries.length, events, unacknowledged };
    return { seed, servers, kills, stream: run.stream, ...counts, longestRecoveryMs: Math.round(longestRecoveryMs) };
  } catch (cause) {
    const replay = `npm run crash -- --kills ${options.kills} --seed ${options.seed} --servers ${options.servers}`;
    throw new Error(`${(cause as Error).message}\nThe same choices again: ${replay}`, { cause });
  } finally {
    await run.rig.stop();
  }
}

async function setUp({ seed, servers }: CrashOptions): Promise<Run> {
  const random = seeded(seed);
  const rig = await startRig(`crash-${servers}`, servers);
  const address = () => random.pick(rig.servers);
  const create = async (path: string, params: object) => (await insist(address, 'POST', path, { ...params })).id;
  const createMeter = async (name: string, formula: string) =>
    await create('/v1/billing/meters', { display_name: name, event_name: name, default_aggregation: { formula } });
  try {
    const customers: string[] = [];
    for (let number = 0; number < CUSTOMERS; number++) customers.push(await create('/v1/customers', {}));
    const meters = { summed: await createMeter('summed', 'sum'), counted: await createMeter('counted', 'count') };
    const stream = await hasStream(address());
    return { rig, random, ledger: newLedger(), customers, meters, stream, address };
  } catch (error) {
    await rig.stop();
    throw error;
  }
}

/** Resolves with the milliseconds from the kill until all is healthy. */
async function killUnderLoad(run: Run, victim: Victim): Promise<number> {
  const { rig, random, ledger } = run;
  const load = startLoad(run);
  try {
    await sleep(random.between(300, 1200));
    const killedAt = performance.now();
    await rig.kill(victim, random.between(0, rig.servers.length - 1));
    const before = countAcknowledged(ledger);
    const twice = random.chance(0.25);
    if (twice) {
      // PostgreSQL dies once more while it recovers, or just after.
      await sleep(random.between(50, 600));
      await rig.kill('postgres', 0);
    }
    await rig.recover();
    const recoveryMs = performance.now() - killedAt;
    if (victim === 'server' && !twice && rig.servers.length > 1 && countAcknowledged(ledger) === before) {
      throw new Error('No server acknowledged anything while another one was away');
    }
    await sleep(random.between(100, 400));
    return recoveryMs;
  } finally {
    await load.stop();
  }
}

function countAcknowledged({ deliveries }: Ledger): number {
  return deliveries.filter(({ acknowledged }) => acknowledged).length;
}

async function compare(run: Run): Promise<void> {
  const { ledger, random, address } = run;
  const before = ledger.totals();
  const counted = await readTotals(run);
  for (const [key, value] of counted) {
    const [least, most] = [before.acknowledged.get(key) ?? 0, before.sent.get(key) ?? 0];
    if (value < least) throw new Error(`Lost: ${key} is ${value}, acknowledged were ${least}`);
    if (value > most) throw new Error(`Too much: ${key} is ${value}, sent were ${most}`);
  }
  const acknowledged = ledger.deliveries.filter((delivery) => delivery.acknowledged);
  const repeated = acknowledged.length === 0 ? [] : Array.from({ length: REPEATED }, () => random.pick(acknowledged));
  await deliverAll([...ledger.open(), ...repeated], address);
  expectEqual(await readTotals(run), ledger.totals().sent);
}

function expectEqual(counted: Totals, sent: Totals): void {
  for (const [key, value] of counted) {
    if (value !== (sent.get(key) ?? 0)) throw new Error(`${key} is ${value}, sent were ${sent.get(key) ?? 0}`);
  }
}

/** What the server says of every meter and customer, by the event summaries. */
async function readTotals({ meters, customers, address }: Run): Promise<Totals> {
  const end = Math.floor(Date.now() / 60_000) * 60 + 600;
  const totals = new Map<string, number>();
  for (const meter of ['summed', 'counted'] as const) {
    for (const customer of customers) {
      const params = { customer, start_time: end - 86_400, end_time: end };
      const { data } = await insist(address, 'GET', `/v1/billing/meters/${meters[meter]}/event_summaries`, params);
      totals.set(`${meter} ${customer}`, data[0]?.aggregated_value ?? 0);
    }
  }
  return totals;
}
