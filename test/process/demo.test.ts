import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { pidExists } from '../../src/db/embedded/processes.ts';
import { type Ended, postgresPid, startServer, temporaryFolder, usance } from './command.ts';

/** The amounts of the three previews: 25 tokens, then 3,000 more, then 3,000 of another customer. */
function expectGuide({ code, stdout, stderr }: Ended): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect([...stdout.matchAll(/"amount_due": (\d+)/g)].map(([, amount]) => amount)).toEqual(['4', '124', '120']);
  expect(stdout).toMatch(/"aggregated_value": 3025\b/);
  for (const call of [
    'billing.meters.create',
    'prices.create',
    'customers.create',
    'subscriptions.create',
    'billing.meterEvents.create',
    'invoices.createPreview',
    'billing.meters.listEventSummaries',
  ]) {
    expect(stdout).toContain(`stripe.${call}(`);
  }
  expect(stdout).not.toMatch(/sk_test_/);
}

test('the demo starts a server when none runs, stops it again, and can be played twice', async () => {
  const settings = { USANCE_DATA_DIR: await temporaryFolder() };
  for (let round = 0; round < 2; round++) {
    const ended = await usance(['demo'], settings).ended;
    expectGuide(ended);
    expect(ended.stdout).toMatch(/^No server runs here, so the demo starts its own\.\n/);
    expect(postgresPid(settings.USANCE_DATA_DIR)).toBeUndefined();
    expect(readdirSync(settings.USANCE_DATA_DIR)).not.toContain('server.json');
  }
});

test('the demo plays against the server that runs, any number of times, and leaves it running', async () => {
  const settings = { USANCE_DATA_DIR: await temporaryFolder() };
  const server = await startServer(settings);
  for (let round = 0; round < 2; round++) {
    const ended = await usance(['demo'], settings).ended;
    expectGuide(ended);
    expect(ended.stdout.startsWith(`Playing the usage-based billing guide against ${server.url}\n`)).toBe(true);
  }
  const health = await fetch(`${server.url}/healthz`);
  expect(health.status).toBe(200);
});

test('a server that was killed is not taken for one that runs, even when its pid is given out again', async () => {
  const settings = { USANCE_DATA_DIR: await temporaryFolder() };
  const server = await startServer(settings);
  process.kill(server.command.pid, 'SIGKILL');
  await server.command.ended;
  const file = join(settings.USANCE_DATA_DIR, 'server.json');
  const left = JSON.parse(readFileSync(file, 'utf8'));
  expect(left.pid).toBe(server.command.pid);
  writeFileSync(file, JSON.stringify({ ...left, pid: process.pid }));
  expectGuide(await usance(['demo'], settings).ended);
});

test('Ctrl-C in the demo takes the server along that it started', async () => {
  const settings = { USANCE_DATA_DIR: await temporaryFolder() };
  const demo = usance(['demo'], settings);
  await demo.until(/Create a customer/);
  const pid = postgresPid(settings.USANCE_DATA_DIR)!;
  expect(pidExists(pid)).toBe(true);
  process.kill(demo.pid, 'SIGINT');
  expect((await demo.ended).signal).toBe('SIGINT');
  await vi.waitFor(() => expect(pidExists(pid)).toBe(false), { timeout: 15_000 });
  expectGuide(await usance(['demo'], settings).ended);
});
