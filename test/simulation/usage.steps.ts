import type { Random } from '../crash/random.ts';
import { DAY } from './calendar.ts';
import type { Remote } from './remote.ts';
import { type Chooser, pickOf } from './step.ts';
import { usageIn } from './totals.ts';
import { type Meter, nameOf, type Usage, type World } from './world.ts';

/** Meter events may be this old. */
const OLDEST = 35 * DAY;

/** Usage of one customer: now or earlier, at the edges of periods, in any order; corrections below zero, sometimes nothing else. */
export const use: Chooser = (world, random) => {
  const customer = random.pick(world.customers).name;
  const count = random.chance(0.2) ? random.between(8, 25) : random.between(1, 5);
  const isBack = random.chance(0.15);
  const usage = Array.from({ length: count }, () => newUsage(world, random, customer, isBack));
  return {
    text: `use ${count} of ${customer}: ${usage.map(({ meter, value, atMs }) => `${meter} ${value}@${atMs / 1000}`).join(', ')}`,
    apply: () => void world.usage.push(...usage),
    send: async (remote) => await (count > 5 ? sendTogether : sendOneByOne)(remote, usage),
  };
};

function newUsage(world: World, random: Random, customer: string, isBack: boolean): Usage {
  const meter = random.pick(world.meters);
  return {
    customer,
    meter: meter.name,
    identifier: nameOf(world, 'use'),
    atMs: timeOf(world, random, customer) * 1000,
    value: (isBack ? undefined : fillingOf(world, random, { customer, meter })) ?? valueOf(meter, random, isBack),
    dimensions: {},
  };
}

function timeOf(world: World, random: Random, customer: string): number {
  const edges = world.subscriptions
    .filter((subscription) => subscription.customer === customer)
    .flatMap(({ items }) => items.flatMap(({ period }) => [period.start - 1, period.start]))
    .filter((edge) => edge <= world.now && edge >= world.now - OLDEST);
  const edge = pickOf(random, edges);
  if (edge !== undefined && random.chance(0.3)) return edge;
  if (random.chance(0.2)) return world.now;
  return world.now - random.between(0, random.chance(0.3) ? OLDEST : 5 * DAY);
}

/** Now and then as much as leads exactly to the bound of a tier. */
function fillingOf(
  world: World,
  random: Random,
  { customer, meter }: { readonly customer: string; readonly meter: Meter },
): string | undefined {
  if (meter.formula !== 'sum' || meter.window !== null || !random.chance(0.15)) return undefined;
  const items = world.subscriptions.filter((each) => each.customer === customer).flatMap((each) => each.items);
  const item = pickOf(
    random,
    items.filter(({ price }) => price.meter === meter.name && price.model.scheme === 'tiered'),
  );
  if (item?.price.model.scheme !== 'tiered') return undefined;
  const bound = Number(item.price.model.tiers[0]!.upTo);
  const used = Number(usageIn(world, { customer, meter: meter.name, period: item.period }));
  return Number.isInteger(used) && used < bound ? String(bound - used) : undefined;
}

function valueOf({ formula }: Meter, random: Random, isBack: boolean): string {
  if (formula === 'unique_count') return `user${random.between(1, 12)}`;
  const whole = isBack ? -random.between(1, 90) : random.between(random.chance(0.1) ? -40 : 0, 60);
  return random.chance(0.25) ? `${whole}.${random.between(1, 9)}` : String(whole);
}

async function sendOneByOne(remote: Remote, usage: readonly Usage[]): Promise<void> {
  for (const { meter, identifier, customer, value, atMs } of usage) {
    await remote.call('POST', '/v1/billing/meter_events', {
      event_name: meter,
      identifier,
      timestamp: atMs / 1000,
      payload: { stripe_customer_id: remote.id(customer), value },
    });
  }
}

async function sendTogether(remote: Remote, usage: readonly Usage[]): Promise<void> {
  const session = await remote.call('POST', '/v2/billing/meter_event_session');
  const events = usage.map(({ meter, identifier, customer, value, atMs }) => ({
    event_name: meter,
    identifier,
    timestamp: new Date(atMs).toISOString(),
    payload: { stripe_customer_id: remote.id(customer), value },
  }));
  await remote.call('POST', '/v2/billing/meter_event_stream', { events }, session.authentication_token);
}

/** Takes an event back, which counts nowhere that is not final yet. */
export const correct: Chooser = (world, random) => {
  const usage = pickOf(
    random,
    world.usage.slice(-30).filter(({ identifier }) => !world.cancelled.has(identifier)),
  );
  if (usage === undefined) return undefined;
  const { identifier, meter: event_name } = usage;
  return {
    text: `take ${identifier} back`,
    apply: () => void world.cancelled.add(identifier),
    send: (remote) =>
      remote.call('POST', '/v1/billing/meter_event_adjustments', {
        event_name,
        type: 'cancel',
        cancel: { identifier },
      }),
  };
};

/** The same event sent again is refused, and counts once. */
export const repeat: Chooser = (world, random) => {
  const usage = pickOf(
    random,
    world.usage.slice(-10).filter(({ atMs }) => atMs / 1000 >= world.now - OLDEST),
  );
  if (usage === undefined) return undefined;
  return {
    text: `send ${usage.identifier} again`,
    refused: { status: 400, code: undefined },
    apply() {},
    send: (remote) => sendOneByOne(remote, [usage]),
  };
};
