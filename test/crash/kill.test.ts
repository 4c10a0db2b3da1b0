import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeForm } from '../support/form.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';

const WORKERS = 24;
const ROUNDS = 3;

let dataFolder: string;

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'usance-crash-'));
  await chmod(dataFolder, 0o755);
});

afterAll(async () => await rm(dataFolder, { recursive: true, force: true }));

type Body = { id: string; data: { aggregated_value: number }[]; error?: { message: string } };

async function call(
  server: ServerProcess,
  method: string,
  path: string,
  params: object,
  key?: string,
): Promise<{ status: number; body: Body }> {
  const form = encodeForm(params as never);
  const response = await fetch(`${server.url}${path}${method === 'GET' ? `?${form}` : ''}`, {
    method,
    headers: {
      authorization: `Bearer ${server.secretKey}`,
      'content-type': 'application/x-www-form-urlencoded',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(method === 'GET' ? {} : { body: form }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

async function usage(server: ServerProcess, meter: string, customer: string): Promise<number> {
  const end = Math.floor(Date.now() / 60_000) * 60 + 600;
  const params = { customer, start_time: end - 86_400, end_time: end };
  const { body } = await call(server, 'GET', `/v1/billing/meters/${meter}/event_summaries`, params);
  return body.data[0]!.aggregated_value;
}

type Sent = { identifier: string; value: number; acknowledged: boolean };

/** Sends events until the server dies under it; half of them carry an Idempotency-Key. */
async function sendUntilDeath(server: ServerProcess, customer: string, round: number, worker: number, sent: Sent[]) {
  for (let n = 0; ; n++) {
    const event: Sent = { identifier: `e-${round}-${worker}-${n}`, value: (n % 97) + 1, acknowledged: false };
    sent.push(event);
    try {
      event.acknowledged = (await sendEvent(server, customer, event)).status === 200;
      expect(event.acknowledged).toBe(true);
    } catch {
      return;
    }
  }
}

async function sendEvent(server: ServerProcess, customer: string, event: Sent) {
  const payload = { stripe_customer_id: customer, value: String(event.value) };
  const key = event.value % 2 === 0 ? `key-${event.identifier}` : undefined;
  return await call(
    server,
    'POST',
    '/v1/billing/meter_events',
    { event_name: 'tokens', identifier: event.identifier, payload },
    key,
  );
}

test(
  'kill -9 amid concurrent meter events: every acknowledged event counts exactly once',
  { timeout: 180_000 },
  async () => {
    let server = await startServer({ name: 'crash', dataFolder });
    const { body: customer } = await call(server, 'POST', '/v1/customers', {});
    const { body: meter } = await call(server, 'POST', '/v1/billing/meters', {
      display_name: 'T',
      event_name: 'tokens',
      default_aggregation: { formula: 'sum' },
    });
    const sent: Sent[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const workers = Array.from({ length: WORKERS }, (_, worker) =>
        sendUntilDeath(server, customer.id, round, worker, sent),
      );
      await sleep(700 + round * 400);
      process.kill(server.pid, 'SIGKILL');
      await Promise.all(workers);
      await server.exited;
      server = await startServer({ name: `crash-${round + 1}`, dataFolder });

      const sum = (events: Sent[]) => events.reduce((total, event) => total + event.value, 0);
      const counted = await usage(server, meter.id, customer.id);
      const inFlight = sent.filter((event) => !event.acknowledged);
      expect(sent.length - inFlight.length).toBeGreaterThan(WORKERS * (round + 1));
      // What was in flight may have counted or not; nothing else may differ.
      expect(counted).toBeGreaterThanOrEqual(sum(sent) - sum(inFlight));
      expect(counted).toBeLessThanOrEqual(sum(sent));

      // The senders retry what was not acknowledged, and some of what was; everything then has counted once.
      for (const event of [...inFlight, ...sent.slice(-50)]) {
        const { status, body } = await sendEvent(server, customer.id, event);
        if (status !== 200)
          expect(body.error!.message).toBe(`An event already exists with identifier ${event.identifier}.`);
        event.acknowledged = true;
      }
      expect(await usage(server, meter.id, customer.id)).toBe(sum(sent));
    }
    await server.stop();
  },
);
