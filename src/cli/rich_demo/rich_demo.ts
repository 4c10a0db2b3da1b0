import type { Stripe } from 'stripe';
import { stopRequests } from '../stop.ts';
import { forEach } from './calls.ts';
import { makeCatalog, MARK } from './catalog.ts';
import { makeCustomer, payBy, subscribe } from './customer.ts';
import { History, type Making } from './history.ts';
import { makePeople, type Person } from './people.ts';
import { usageOf, UsageSender } from './usage.ts';

export type RichOptions = { readonly customers: number; readonly months: number; readonly seed: number };

type Connection = { readonly stripe: Stripe; readonly connect: (key: string) => Stripe };

const WEEK_HOURS = 7 * 24;

/** As shells tell of SIGINT. */
const INTERRUPTED = 130;

/** The customers of wall time have joined within so many days: their first renewal is still to come. */
const NEWEST_DAYS = 26;

/**
 * Fills an account with a year of a made-up AI company, through the API alone. Throws an Error that says what to do where
 * that has been done before. Ctrl-C ends it after the requests in flight; what was made until then stays.
 */
export async function playRich({ stripe, connect }: Connection, options: RichOptions): Promise<void> {
  await refuseTwice(stripe);
  const signal = stopRequests();
  const say = (line: string) => console.log(line);
  const startedAt = performance.now();
  const now = Temporal.Instant.fromEpochMilliseconds(Math.floor(Date.now() / 3_600_000) * 3_600_000);
  const stops = stopsUntil(now, options.months);
  const people = makePeople({ ...options, stops: stops.length });
  try {
    say('1/4 The catalog: meters, products, prices, coupons and tax rates');
    await mark(stripe, options);
    const catalog = await makeCatalog(stripe);
    const usage = new UsageSender(stripe, connect);
    const making: Making = { stripe, catalog, usage, seed: options.seed, signal, say };
    say(`2/4 The past ${options.months} months, on test clocks: customers join, use, pay, change and leave`);
    const history = new History(making);
    await history.play(people, stops);
    await history.finish(now);
    const present = people.filter(({ joins }) => joins === null);
    say(`3/4 The present, in wall time: ${present.length} customers with the usage of their first weeks`);
    await playPresent(making, present);
    say('4/4 What there is now');
    await stripe.products.update(MARK, { metadata: { made: 'whole' } });
    await tell(making, history, performance.now() - startedAt);
  } catch (error) {
    if (!signal.aborted) throw error;
    say('Stopped: what was made until here stays in the account.');
    process.exitCode = INTERRUPTED;
  }
}

/** Days 1, 8, 15 and 22 of each month: what begins on one of them is renewed on one of them. */
function stopsUntil(now: Temporal.Instant, months: number): Temporal.Instant[] {
  const first = now.toZonedDateTimeISO('UTC').with({ day: 1, hour: 9 }).subtract({ months });
  return Array.from({ length: months + 1 }, (_, month) => first.add({ months: month }))
    .flatMap((start) => [0, 1, 2, 3].map((week) => start.toInstant().add({ hours: week * WEEK_HOURS })))
    .filter((stop) => Temporal.Instant.compare(stop, now) < 0);
}

/** A product tells that the demo is in an account. */
async function mark(stripe: Stripe, { seed, customers }: RichOptions): Promise<void> {
  await stripe.products.create({
    id: MARK,
    name: 'Rich demo',
    description: 'Tells that the rich demo was played in this account.',
    active: false,
    metadata: { made: 'in part', seed, customers },
  });
}

async function refuseTwice(stripe: Stripe): Promise<void> {
  const { data } = await stripe.products.list({ ids: [MARK] });
  const made = data[0]?.metadata['made'];
  if (made === undefined) return;
  const how = made === 'whole' ? 'has been played in this account' : 'was begun in this account and not finished';
  throw new Error(
    `The rich demo ${how}, and would double what it made. Play it in a data folder of its own (USANCE_DATA_DIR), or with the key of an empty account (USANCE_SECRET_KEY).`,
  );
}

async function playPresent({ stripe, catalog, usage, seed, signal }: Making, people: readonly Person[]): Promise<void> {
  const now = Temporal.Now.instant();
  await forEach(people, signal, async (person) => {
    const place = people.indexOf(person);
    const since = now.subtract({ hours: 24 * (1 + Math.floor((place / people.length) * NEWEST_DAYS)) });
    const customer = await makeCustomer(stripe, person);
    // One in ten has a card that is declined, so that there is a first invoice that nobody has paid.
    if (person.sent === null)
      await payBy(stripe, customer, place % 10 === 9 ? 'pm_card_chargeCustomerFail' : 'pm_card_visa');
    await subscribe(stripe, catalog, person, { customer, since });
    const user = { customer, index: person.index, appetite: person.appetite, since };
    await usage.send(usageOf(person.plan, user, { from: since, until: now, seed }), signal);
  });
}

async function tell({ stripe, usage, say }: Making, { clocks }: History, milliseconds: number): Promise<void> {
  let counts = await countOf(stripe, {});
  for (const clock of clocks) {
    const more = await countOf(stripe, { test_clock: clock });
    counts = { customers: counts.customers + more.customers, invoices: counts.invoices + more.invoices };
  }
  const number = (count: number) => count.toLocaleString('en');
  say(
    `   ${number(counts.customers)} customers, ${number(counts.invoices)} invoices, ${number(usage.count)} meter events, in ${Math.round(milliseconds / 1000)} s`,
  );
  const where = clocks.length === 1 ? 'the test clock “The year of Alpaca AI”' : `${clocks.length} test clocks`;
  say(`   The past is on ${where}, which the dashboard lets you choose; the present is what you see without one.`);
  if (clocks.length > 1) {
    say('   All customers share one clock where the server is started with USANCE_CLOCK_CUSTOMERS=unlimited.');
  }
}

async function countOf(stripe: Stripe, on: { test_clock?: string }): Promise<{ customers: number; invoices: number }> {
  let customers = 0;
  for await (const _ of stripe.customers.list({ limit: 100, ...on })) customers += 1;
  let invoices = 0;
  const page = async (startingAfter?: string) => {
    const query = new URLSearchParams({ limit: '100', ...on, ...(startingAfter && { starting_after: startingAfter }) });
    return await stripe.rawRequest('GET', `/v1/usance/invoices?${query.toString()}`);
  };
  for (let last: string | undefined, hasMore = true; hasMore;) {
    const list = (await page(last)) as unknown as { data: { id: string }[]; has_more: boolean };
    invoices += list.data.length;
    last = list.data.at(-1)?.id;
    hasMore = list.has_more;
  }
  return { customers, invoices };
}
