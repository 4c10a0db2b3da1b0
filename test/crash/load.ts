import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, deliver } from './client.ts';
import type { Delivery, Event, Ledger } from './ledger.ts';
import type { Random } from './random.ts';

const SENDERS = 16;
const MAX_STREAM_EVENTS = 40;
/** With so much in doubt, an outage brings no new events: they would only make the test longer. */
const MAX_OPEN = 100;
const PATIENCE_MS = 60_000;

export type LoadOptions = {
  readonly ledger: Ledger;
  readonly random: Random;
  readonly customers: readonly string[];
  /** Where to send: any of the servers that ought to run now. */
  readonly address: () => Address;
  /** Send batches to the stream too. */
  readonly stream: boolean;
};

/**
 * Sends new events, and some of the unacknowledged ones again, as fast as the servers answer. `stop` waits for the
 * requests in flight and throws the first answer that no outage explains.
 */
export function startLoad(options: LoadOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const open: Delivery[] = [];
  const send = async () => {
    while (!stopping.signal.aborted) {
      const isTurn = open.length >= MAX_OPEN || options.random.chance(0.5);
      const delivery = (isTurn ? open.shift() : undefined) ?? newDelivery(options);
      delivery.acknowledged = await deliver(options.address(), delivery);
      if (delivery.acknowledged) continue;
      open.push(delivery);
      // A server that is away refuses at once; without a pause the senders would only count refusals.
      await sleep(options.random.between(20, 100));
    }
  };
  const senders = Array.from({ length: SENDERS }, send);
  // A sender that failed is reported by `stop`, which is called in any case.
  for (const sender of senders) sender.catch(() => {});
  return {
    async stop() {
      stopping.abort();
      await Promise.all(senders);
    },
  };
}

/** Sends the deliveries, sixteen at a time, each until it is acknowledged. */
export async function deliverAll(deliveries: readonly Delivery[], address: () => Address): Promise<void> {
  const queue = [...deliveries];
  const limit = performance.now() + PATIENCE_MS;
  const send = async () => {
    for (let delivery = queue.shift(); delivery !== undefined; delivery = queue.shift()) {
      while (!(await deliver(address(), delivery))) {
        if (performance.now() > limit) throw new Error(`Not acknowledged: ${delivery.events[0]?.identifier}`);
        await sleep(20);
      }
      delivery.acknowledged = true;
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
}

/** Enters a new delivery into the ledger. */
function newDelivery({ ledger, random, customers, stream }: LoadOptions): Delivery {
  const number = ledger.deliveries.length;
  const kind = stream && random.chance(0.3) ? 'stream' : 'single';
  const count = kind === 'single' ? 1 : random.between(1, MAX_STREAM_EVENTS);
  const delivery: Delivery = {
    kind,
    idempotencyKey: random.chance(0.5) ? `key-${number}` : undefined,
    events: Array.from({ length: count }, (_, place) => newEvent(`event-${number}-${place}`, random, customers)),
    acknowledged: false,
  };
  ledger.deliveries.push(delivery);
  return delivery;
}

function newEvent(identifier: string, random: Random, customers: readonly string[]): Event {
  return {
    meter: random.pick(['summed', 'counted']),
    identifier,
    customer: random.pick(customers),
    value: random.between(1, 97),
    timestamp: random.chance(0.5) ? Math.floor(Date.now() / 1000) - random.between(0, 3000) : undefined,
  };
}
