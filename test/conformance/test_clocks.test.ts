import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { advance, customerOn, newClockShop, unix, untilStanding, useAt } from '../support/clock-shop.ts';
import { licensedPrice, refusal } from '../support/shop.ts';

const DAY = 86_400;

test('a clock stands at any time, past or future, and is told as the reference tells it', async () => {
  const { stripe } = await newAccount();
  const clocks = stripe.testHelpers.testClocks;
  const past = await clocks.create({ frozen_time: unix('2001-09-09T01:46:40Z') });
  expect(past).toEqual({
    id: expect.stringMatching(/^clock_\w{24}$/) as string,
    object: 'test_helpers.test_clock',
    created: expect.closeTo(Date.now() / 1000, -2) as number,
    deletes_after: past.created + 30 * DAY,
    frozen_time: 1_000_000_000,
    livemode: false,
    name: null,
    status: 'ready',
    status_details: {},
  });
  const future = await clocks.create({ frozen_time: unix('2100-01-01T00:00:00Z'), name: 'Far' });
  expect(future).toMatchObject({ frozen_time: unix('2100-01-01T00:00:00Z'), name: 'Far' });
  expect((await clocks.retrieve(past.id)).frozen_time).toBe(past.frozen_time);
  expect((await clocks.list()).data.map(({ id }) => id)).toEqual([future.id, past.id]);
  expect((await clocks.list({ limit: 1, starting_after: future.id })).data.map(({ id }) => id)).toEqual([past.id]);
  const types = (await stripe.events.list({ type: 'test_helpers.test_clock.created' })).data;
  expect(types.map(({ data }) => (data.object as { id: string }).id)).toEqual([future.id, past.id]);
});

test('a clock shows no time beyond the year 3000', async () => {
  const { stripe } = await newAccount();
  const last = unix('3000-01-01T00:00:00Z');
  await stripe.testHelpers.testClocks.create({ frozen_time: last });
  expect(await refusal(stripe.testHelpers.testClocks.create({ frozen_time: last + 1 }))).toEqual({
    status: 400,
    code: 'parameter_invalid_integer',
    param: 'frozen_time',
    message: `This value must be less than or equal to ${last}.`,
  });
});

test('live accounts have no clocks', async () => {
  const { stripe } = await newAccount({ livemode: true });
  expect(await refusal(stripe.testHelpers.testClocks.create({ frozen_time: 1 }))).toEqual({
    status: 400,
    message: 'Test clocks exist in test accounts only. Use a test key, sk_test_…, instead of a live one.',
  });
  expect(await refusal(customerOn(stripe, { id: 'clock_none' }))).toEqual({
    status: 400,
    code: 'resource_missing',
    param: 'test_clock',
    message: "No such test_clock: 'clock_none'",
  });
});

test('what is on a clock is made in its time and names it', async () => {
  const { stripe, clock, customer, price } = await newClockShop('2030-05-01T00:00:00Z');
  const at = unix('2030-05-01T00:00:00Z');
  expect(customer).toMatchObject({ test_clock: clock.id, created: at });
  const seats = await licensedPrice(stripe);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }, { price: seats.id }],
    collection_method: 'send_invoice',
    days_until_due: 3,
    expand: ['latest_invoice.test_clock', 'test_clock', 'customer.test_clock'],
  });
  expect(subscription).toMatchObject({
    created: at,
    start_date: at,
    billing_cycle_anchor: at,
    test_clock: { id: clock.id, frozen_time: at },
    customer: { test_clock: { id: clock.id } },
    latest_invoice: { test_clock: { id: clock.id }, created: at, automatically_finalizes_at: at + 3_600 },
  });
  const changed = await stripe.customers.update(customer.id, { name: 'New' });
  expect(changed.name).toBe('New');
  const [event] = (await stripe.events.list({ type: 'customer.updated', limit: 1 })).data;
  expect(event!.created).toBe(at);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(preview).toMatchObject({ test_clock: clock.id, created: unix('2030-06-01T00:00:00Z') });
});

test('lists leave out what is on a clock unless they are asked for it', async () => {
  const { stripe, clock, customer, price } = await newClockShop('2026-01-01T00:00:00Z');
  const walled = await stripe.customers.create({ email: 'john@example.com' });
  const seats = await licensedPrice(stripe);
  const subscribe = async (id: string) => {
    const sent = { collection_method: 'send_invoice', days_until_due: 3 } as const;
    return await stripe.subscriptions.create({
      customer: id,
      ...sent,
      items: [{ price: seats.id }, { price: price.id }],
    });
  };
  const [flown, still] = [await subscribe(customer.id), await subscribe(walled.id)];
  const other = await stripe.testHelpers.testClocks.create({ frozen_time: 1 });

  const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);
  expect(ids(await stripe.customers.list())).toEqual([walled.id]);
  expect(ids(await stripe.customers.list({ email: 'john@example.com' }))).toEqual([walled.id]);
  expect(ids(await stripe.customers.list({ test_clock: clock.id }))).toEqual([customer.id]);
  expect(ids(await stripe.customers.list({ test_clock: other.id }))).toEqual([]);

  expect(ids(await stripe.subscriptions.list())).toEqual([still.id]);
  expect(ids(await stripe.subscriptions.list({ price: seats.id }))).toEqual([still.id]);
  expect(ids(await stripe.subscriptions.list({ test_clock: clock.id }))).toEqual([flown.id]);
  expect(ids(await stripe.subscriptions.list({ customer: customer.id }))).toEqual([flown.id]);
  expect(ids(await stripe.subscriptions.list({ customer: walled.id, test_clock: clock.id }))).toEqual([]);

  expect(ids(await stripe.invoices.list())).toEqual([still.latest_invoice]);
  expect(ids(await stripe.invoices.list({ customer: customer.id }))).toEqual([flown.latest_invoice]);
  expect(ids(await stripe.invoices.list({ subscription: flown.id }))).toEqual([flown.latest_invoice]);

  for (const list of [
    () => stripe.customers.list({ test_clock: 'clock_none' }),
    () => stripe.subscriptions.list({ test_clock: 'clock_none' }),
  ]) {
    expect(await refusal(list())).toMatchObject({ status: 400, code: 'resource_missing', param: 'test_clock' });
  }
});

test('usage on a clock is judged by its time: nothing later, nothing older than 35 days, now unless told', async () => {
  const { stripe, meter, clock, customer } = await newClockShop('2030-05-01T00:00:00Z');
  const walled = await stripe.customers.create();
  const at = unix('2030-05-01T00:00:00Z');
  expect(await useAt(stripe, meter, customer.id, 1)).toMatchObject({ timestamp: at });
  expect((await useAt(stripe, meter, customer.id, 1, at)).created).toBeCloseTo(Date.now() / 1000, -2);
  expect(await refusal(useAt(stripe, meter, customer.id, 1, at + 1))).toEqual({
    status: 400,
    code: 'timestamp_in_future',
    param: 'timestamp',
    message: `The event timestamp cannot be later than the time of the customer's test clock. Expected a timestamp less than or equal to ${at}.`,
  });
  await useAt(stripe, meter, customer.id, 1, at - 35 * DAY);
  expect(await refusal(useAt(stripe, meter, customer.id, 1, at - 35 * DAY - 1))).toMatchObject({
    code: 'timestamp_too_far_in_past',
    message: `The event timestamp cannot be more than 35 days in past. Expected a timestamp greater than or equal to ${at - 35 * DAY}.`,
  });
  expect(await refusal(useAt(stripe, meter, walled.id, 1, at))).toMatchObject({ code: 'timestamp_in_future' });
  await useAt(stripe, meter, walled.id, 1);

  await advance(stripe, clock, at + 60);
  expect(await useAt(stripe, meter, customer.id, 1)).toMatchObject({ timestamp: at + 60 });
  expect(await useAt(stripe, meter, customer.id, 1, at + 60)).toMatchObject({ timestamp: at + 60 });
  const range = { customer: customer.id, start_time: at - 40 * DAY, end_time: at + 120 };
  const { data } = await stripe.billing.meters.listEventSummaries(meter.id, range);
  expect(data[0]!.aggregated_value).toBe(5);
});

test('a customer put on a clock is judged by it from its first event on, also where the meter was used before', async () => {
  const { stripe, meter, clock } = await newClockShop('2030-05-01T00:00:00Z');
  const walled = await stripe.customers.create();
  await useAt(stripe, meter, walled.id, 1);
  const { id } = await customerOn(stripe, clock);
  expect(await useAt(stripe, meter, id, 1)).toMatchObject({ timestamp: clock.frozen_time });
});

test('a clock only moves forward, and only as far as its subscriptions allow', async () => {
  const { stripe, clock, customer, price } = await newClockShop('2026-01-31T00:00:00Z');
  const at = clock.frozen_time;
  const to = (time: number) => refusal(stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: time }));
  const backwards = {
    status: 400,
    param: 'frozen_time',
    message: `A test clock only moves forward: frozen_time must be after the clock's current frozen_time, ${at}.`,
  };
  expect(await to(at - 1)).toEqual(backwards);
  expect(await to(at)).toEqual(backwards);
  expect(await to(unix('2028-01-31T00:00:01Z'))).toEqual({
    status: 400,
    param: 'frozen_time',
    message: `A test clock can be advanced by at most 2 years from its frozen_time, as it has no subscription: frozen_time must be at most ${unix('2028-01-31T00:00:00Z')}. Advance it in several steps, or see USANCE_CLOCK_INTERVALS and USANCE_CLOCK_YEARS.`,
  });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  expect(await to(unix('2026-03-31T00:00:01Z'))).toEqual({
    status: 400,
    param: 'frozen_time',
    message: `A test clock can be advanced by at most 2 intervals of its shortest subscription from its frozen_time: frozen_time must be at most ${unix('2026-03-31T00:00:00Z')}. Advance it in several steps, or see USANCE_CLOCK_INTERVALS and USANCE_CLOCK_YEARS.`,
  });
  const same = await stripe.testHelpers.testClocks.retrieve(clock.id);
  expect(same).toMatchObject({ frozen_time: at, status: 'ready' });
  await stripe.subscriptions.cancel(id);
  await advance(stripe, clock, '2028-01-31T00:00:00Z', 800 * DAY);
});

test('of many advances at once one sets out', async () => {
  const { stripe, clock } = await newClockShop('2026-01-01T00:00:00Z');
  const target = { frozen_time: clock.frozen_time + 60 };
  const all = Array.from({ length: 8 }, () => stripe.testHelpers.testClocks.advance(clock.id, target));
  const results = await Promise.allSettled(all);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await untilStanding(stripe, clock.id)).toMatchObject({ status: 'ready', ...target });
  const told = await stripe.events.list({ type: 'test_helpers.test_clock.ready' });
  expect(told.data).toHaveLength(1);
});

test('an account says for how many hours its drafts stay open', async () => {
  const { request } = await newAccount();
  const path = '/v1/usance/billing_settings';
  const normal = {
    object: 'usance.billing_settings',
    after_overdue: 'past_due',
    after_retries: 'past_due',
    draft_hours: 1,
    invoice_after_retries: 'open',
    late_usage: 'drop',
    livemode: false,
    overdue_days: null,
    retry_days: [3, 5, 6, 7],
    upcoming_days: null,
  };
  expect((await request('GET', path)).body).toEqual(normal);
  expect((await request('POST', path, {})).body).toEqual(normal);
  expect((await request('POST', path, { draft_hours: '24' })).body).toEqual({ ...normal, draft_hours: 24 });
  expect((await request('GET', path)).body).toEqual({ ...normal, draft_hours: 24 });
  for (const wrong of ['0', '73', 'x']) {
    const { status, body } = await request('POST', path, { draft_hours: wrong });
    expect([status, body.error.param]).toEqual([400, 'draft_hours']);
  }
});

test('events are listed as they were made: a clock in the future hides nothing that is newer', async () => {
  const { stripe } = await newAccount();
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2030-01-01T00:00:00Z') });
  const ahead = await stripe.customers.create({ test_clock: clock.id });
  const seen = (await stripe.events.list({ limit: 1 })).data[0]!;
  expect(seen).toMatchObject({ type: 'customer.created', created: unix('2030-01-01T00:00:00Z') });
  const first = await stripe.customers.create({ name: 'first' });
  const second = await stripe.customers.create({ name: 'second' });

  const idsOf = ({ data }: { data: Stripe.Event[] }) => data.map(({ data: { object } }) => 'id' in object && object.id);
  const newestFirst = [second.id, first.id, ahead.id, clock.id];
  expect(idsOf(await stripe.events.list())).toEqual(newestFirst);
  expect(idsOf(await stripe.events.list({ type: 'customer.*' }))).toEqual(newestFirst.slice(0, 3));
  // Whoever polls asks for what came after the last that was seen.
  expect(idsOf(await stripe.events.list({ ending_before: seen.id }))).toEqual([second.id, first.id]);
  const [newest] = (await stripe.events.list({ limit: 1 })).data;
  expect(idsOf(await stripe.events.list({ starting_after: newest!.id, limit: 2 }))).toEqual([first.id, ahead.id]);
  // `created` is the time of the clock, for the filter as well.
  const later = { created: { gte: unix('2029-12-31T00:00:00Z') } };
  expect(idsOf(await stripe.events.list(later))).toEqual([ahead.id, clock.id]);
});
