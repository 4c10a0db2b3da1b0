import { seeded } from '../crash/random.ts';
import { DAY, HOUR } from './calendar.ts';
import { IN_WALL_TIME } from './history.ts';
import type { Place } from './place.ts';
import { type Flight, type Json, listAll, type Remote } from './remote.ts';
import { type Most, simulate, type Simulated } from './run.ts';
import { toldInvoice } from './told.ts';

/** A few weeks, since hops of a day or less take a request each. */
const SHORT: Most = { steps: 18, days: 100, invoices: 30 };

/** Ways in which a clock gets from one time to another. */
const FLIGHTS: Readonly<Record<string, (seed: number) => NonNullable<Flight['hops']>>> = {
  'in one jump': () => (_from, to) => [to],
  'day by day': () => (from, to) => stops(from, to, () => DAY),
  'in hops of a second to two days': (seed) => {
    const random = seeded(seed);
    return (from, to) => stops(from, to, () => random.pick([1, 60, HOUR, HOUR - 1, DAY, random.between(1, 2 * DAY)]));
  },
};

const HOURLY: typeof FLIGHTS = { 'hour by hour': () => (from, to) => stops(from, to, () => HOUR) };

/**
 * Runs the workload of a seed once for each flight, and compares what they come to: all events in their order, and all
 * invoices to the cent. Throws where two differ. With every single hour it takes a minute.
 */
export async function compareFlights(place: Place, seed: number, { hourly = false } = {}): Promise<Simulated> {
  const chronicles = new Map<string, readonly string[]>();
  let done: Simulated | undefined;
  for (const [name, hopsOf] of Object.entries({ ...FLIGHTS, ...(hourly ? HOURLY : {}) })) {
    const subject = await place.newSubject({ hops: hopsOf(seed) });
    try {
      done = await simulate(subject, seed, { most: SHORT });
      chronicles.set(name, await chronicleOf(subject.remote));
    } finally {
      subject.close();
    }
  }
  const [[first, jump] = ['', []], ...others] = [...chronicles];
  for (const [name, told] of others) {
    const at = told.findIndex((line, index) => line !== jump[index]);
    if (at < 0 && told.length === jump.length) continue;
    const lines = [`Seed ${seed}: ${first}: ${jump[at]}`, `${name}: ${told[at]}`];
    throw new Error([...lines, `Again: npm run simulate -- --jumps --seed ${seed}`].join('\n'));
  }
  return done!;
}

function stops(from: number, to: number, next: () => number): number[] {
  const times: number[] = [];
  for (let at = from + next(); at < to; at += next()) times.push(at);
  return [...times, to];
}

/** Everything that an account's log tells of what is on its clock, oldest first, by names instead of ids. */
async function chronicleOf(remote: Remote): Promise<string[]> {
  const events = (await listAll(remote, '/v1/events')).toReversed().filter(({ type }) => !IN_WALL_TIME.test(type));
  return events.map(({ type, created, data: { object } }) => `${created} ${type} ${detailsOf(remote, object)}`);
}

function detailsOf(remote: Remote, object: Json): string {
  const name = remote.names.get(object.id) ?? object.object;
  if (object.object === 'invoice') return `${name} ${JSON.stringify(toldInvoice(remote, object))}`;
  return `${name} ${object.status ?? ''} ${object.amount ?? object.balance ?? ''}`;
}
