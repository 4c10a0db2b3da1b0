import { setTimeout as sleep } from 'node:timers/promises';
import { DAY } from '../simulation/calendar.ts';
import { LIFTED, openPlace } from '../simulation/place.ts';
import { simulate, type Simulated } from '../simulation/run.ts';
import { advanceTo, chooseStep } from '../simulation/steps.ts';
import { seeded } from './random.ts';
import { startRig, type Victim } from './rig.ts';

const SERVERS = 2;
const VICTIMS: readonly Victim[] = ['server', 'server', 'server', 'postgres', 'both'];

/** Kills, and how many of them came while the clock was moving. */
export type Flown = Simulated & { readonly kills: number; readonly cutOff: number };

/**
 * Simulates one account on two servers with one database, of which one, or PostgreSQL, is killed at random moments while the
 * clock is on its way. After each flight all is audited as ever: no invoice and no event is missing, and none is there twice.
 */
export async function flyThroughKills(seed: number, most: number): Promise<Flown> {
  const random = seeded(seed);
  const rig = await startRig('crash-flight', SERVERS, LIFTED);
  const alive = new Set(Array.from({ length: SERVERS }, (_, index) => index));
  const place = await openPlace(rig.servers[0]!.databaseUrl, () => rig.servers[random.pick([...alive])]!);
  const count = { kills: 0, cutOff: 0 };
  /** One of the two dies; the other goes on until it is back. */
  const kill = async () => {
    const [victim, index] = [random.pick(VICTIMS), random.between(0, SERVERS - 1)];
    await rig.kill(victim, index);
    if (victim !== 'postgres') alive.delete(index);
    await rig.recover();
    alive.add(index);
  };
  const subject = await place.newSubject({
    async onTheWay(isMoving) {
      if (count.kills >= most) return;
      await sleep(random.between(0, 300));
      if (!(await isMoving())) return;
      count.kills++;
      await kill();
      if (await isMoving()) count.cutOff++;
    },
  });
  try {
    const bounds = { steps: 10 * most, days: 3_000, invoices: 60 * most };
    return { ...(await simulate(subject, seed, { most: bounds, choose: chooseFar })), ...count };
  } finally {
    subject.close();
    await place.close();
    await rig.stop();
  }
}

/** Now and then a flight of months, so that there is something to be killed in. */
const chooseFar: typeof chooseStep = (world, random) => {
  const isFar = world.subscriptions.length > 1 && random.chance(0.3);
  return isFar ? advanceTo(world.now, world.now + random.between(60, 250) * DAY) : chooseStep(world, random);
};
