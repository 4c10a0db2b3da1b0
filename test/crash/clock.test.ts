import { setTimeout as sleep } from 'node:timers/promises';
import { Stripe } from 'stripe';
import { expect, test } from 'vitest';
import { clientConfig } from '../support/account.ts';
import { customerOn, invoicesOf, text, unix, untilStanding, useAt } from '../support/clock-shop.ts';
import { meteredPrice, newMeter } from '../support/shop.ts';
import { type Rig, startRig, type Victim } from './rig.ts';
import { seeded } from './random.ts';

/** Other moments and victims each time; a failure names the seed. */
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

const LIFTED = { USANCE_CLOCK_INTERVALS: 'unlimited' };
const DAYS = 250;
const KILLS = 4;
const START = unix('2026-01-01T00:00:00Z');

function clientOf(rig: Rig, index: number): Stripe {
  const server = rig.servers[index]!;
  // A PostgreSQL that was killed may be noticed only by the next query, which then answers 503.
  return new Stripe(server.secretKey, { ...clientConfig(server.url), maxNetworkRetries: 10 });
}

/** A clock with a daily subscription and some usage of its first day. */
async function prepare(stripe: Stripe) {
  const meter = await newMeter(stripe);
  const price = await meteredPrice(stripe, meter.id, { recurring: { interval: 'day' } });
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
  const customer = await customerOn(stripe, clock);
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await useAt(stripe, meter, customer.id, 25);
  return { clock, customer };
}

test.each([
  ['a server with its embedded PostgreSQL', 1],
  ['two servers on one database', 2],
])(
  `kill -9 in the middle of an advance of %s: every period is billed once (seed ${seed})`,
  async (_name, servers) => {
    const random = seeded(seed);
    const rig = await startRig(`clock-crash-${servers}`, servers, LIFTED);
    try {
      const { clock, customer } = await prepare(clientOf(rig, 0));
      const end = START + DAYS * 86_400 + 3_600;
      await clientOf(rig, 0).testHelpers.testClocks.advance(clock.id, { frozen_time: end });
      let cutOff = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(random.between(20, 400));
        const before = await clientOf(rig, 0).testHelpers.testClocks.retrieve(clock.id);
        if (before.status === 'advancing') cutOff++;
        await rig.kill(random.pick<Victim>(['server', 'postgres', 'both']), random.between(0, servers - 1));
        await rig.recover();
      }
      const stripe = clientOf(rig, 0);
      expect(await untilStanding(stripe, clock.id, 90_000)).toMatchObject({ status: 'ready', frozen_time: end });
      const invoices = await invoicesOf(stripe, customer.id);
      expect(invoices.map((invoice) => text(invoice.period_start))).toEqual(
        Array.from({ length: DAYS }, (_, day) => text(START + day * 86_400)),
      );
      expect(invoices.map(({ total }) => total)).toEqual([100, ...Array<number>(DAYS - 1).fill(0)]);
      const numbers = invoices.map(({ number }) => Number(number!.split('-')[1]));
      expect(numbers).toEqual(Array.from({ length: DAYS }, (_, index) => index + 1));
      const told: string[] = [];
      for await (const event of stripe.events.list({ type: 'invoice.finalized', limit: 100 })) {
        told.push((event.data.object as Stripe.Invoice).id);
      }
      expect(told.toReversed()).toEqual(invoices.map(({ id }) => id));
      // There was something to do twice.
      expect(cutOff).toBeGreaterThan(0);
    } finally {
      await rig.stop();
    }
  },
  240_000,
);
