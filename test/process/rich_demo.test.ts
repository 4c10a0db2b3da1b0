import { expect, test } from 'vitest';
import { Stripe } from 'stripe';
import { startServer, temporaryFolder, usance } from './command.ts';

const KEY = 'sk_test_richdemo';

test(
  'the rich demo fills an account with a company, on as many clocks as it needs, and not twice',
  { timeout: 90_000 },
  async () => {
    const settings = { USANCE_DATA_DIR: await temporaryFolder(), USANCE_SECRET_KEY: KEY };
    const server = await startServer(settings);
    const play = async () => await usance(['demo', '--rich', '--customers', '6', '--months', '1'], settings).ended;
    const { code, stdout, stderr } = await play();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const { hostname, port } = new URL(server.url);
    const stripe = new Stripe(KEY, { host: hostname, port, protocol: 'http', telemetry: false });
    const clocks = await stripe.testHelpers.testClocks.list();
    // Five customers of the past, of whom a clock holds three.
    expect(clocks.data.map(({ status }) => status)).toEqual(['ready', 'ready']);
    const counts = await Promise.all(
      clocks.data.map(async ({ id }) => (await stripe.customers.list({ test_clock: id })).data.length),
    );
    expect(counts.toSorted((a, b) => a - b)).toEqual([2, 3]);
    const [present] = (await stripe.customers.list()).data;
    expect(present).toMatchObject({ test_clock: null, metadata: { demo: 'rich_demo' } });
    const { data } = await stripe.events.list({ type: 'invoice.finalized', limit: 100 });
    expect(data.length).toBeGreaterThan(5);
    const sent = Number(/([\d,]+) meter events, in/.exec(stdout)?.[1]?.replaceAll(',', ''));
    expect(sent).toBeGreaterThan(100);
    // The stream tells errors later: none of what was sent may have been rejected.
    const rejected = (await stripe.rawRequest(
      'GET',
      '/v1/usance/meter_events?status=rejected',
    )) as unknown as Stripe.ApiList<unknown>;
    expect(rejected.data).toEqual([]);

    const again = await play();
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(
      /^usance: The rich demo has been played in this account, and would double what it made\./,
    );
    const audit = await usance(['verify', 'invoices'], settings).ended;
    expect(audit.code).toBe(0);
  },
);

test('Ctrl-C ends the rich demo after what is in flight, and says what stays', async () => {
  const settings = { USANCE_DATA_DIR: await temporaryFolder() };
  const demo = usance(['demo', '--rich', '--customers', '5', '--months', '1'], settings);
  await demo.until(/^2\/4/m);
  process.kill(demo.pid, 'SIGINT');
  const { code, stdout } = await demo.ended;
  expect(code).toBe(130);
  expect(stdout).toContain('Stopped: what was made until here stays in the account.');
});

test.each([
  ['--customers', '4', '--customers must be a whole number from 5 to 2000'],
  ['--months', 'x', '--months must be a whole number from 1 to 24'],
])('%s %s is refused before anything starts', async (option, value, words) => {
  const { code, stderr } = await usance(['demo', '--rich', option, value]).ended;
  expect(code).toBe(1);
  expect(stderr).toContain(words);
});
