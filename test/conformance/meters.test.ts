import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';

const meter = { display_name: 'Tokens', event_name: 'tokens', default_aggregation: { formula: 'sum' as const } };

test('a meter through the official client: create with defaults, retrieve, rename, list', async () => {
  const { stripe } = await newAccount();
  const created = await stripe.billing.meters.create(meter);
  expect(created).toMatchObject({
    object: 'billing.meter',
    display_name: 'Tokens',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
    customer_mapping: { event_payload_key: 'stripe_customer_id', type: 'by_id' },
    value_settings: { event_payload_key: 'value' },
    event_time_window: null,
    status: 'active',
    status_transitions: { deactivated_at: null },
  });
  expect(created.id).toMatch(/^mtr_test_/);
  expect(await stripe.billing.meters.retrieve(created.id)).toEqual(created);
  const renamed = await stripe.billing.meters.update(created.id, { display_name: 'All tokens' });
  expect(renamed).toMatchObject({ ...created, display_name: 'All tokens', updated: expect.any(Number) });
  expect((await stripe.billing.meters.list({ status: 'active' })).data).toEqual([renamed]);
  expect((await stripe.billing.meters.list({ status: 'inactive' })).data).toEqual([]);
  const events = (await stripe.events.list({ type: 'billing.meter.*' })).data;
  expect(events.map(({ type }) => type)).toEqual(['billing.meter.updated', 'billing.meter.created']);
  expect(events[0]!.data.previous_attributes).toMatchObject({ display_name: 'Tokens' });
});

test('a deactivated meter accepts no events, its name is free, and reactivation needs the name back', async () => {
  const { stripe } = await newAccount();
  const customer = await stripe.customers.create();
  const event = { event_name: 'tokens', payload: { stripe_customer_id: customer.id, value: '1' } };
  const first = await stripe.billing.meters.create(meter);
  await stripe.billing.meterEvents.create(event);
  await expect(stripe.billing.meters.create(meter)).rejects.toMatchObject({
    param: 'event_name',
    code: 'resource_already_exists',
  });
  const off = await stripe.billing.meters.deactivate(first.id);
  expect(off).toMatchObject({ status: 'inactive', status_transitions: { deactivated_at: expect.any(Number) } });
  await expect(stripe.billing.meterEvents.create(event)).rejects.toMatchObject({
    code: 'archived_meter',
    statusCode: 400,
  });
  await expect(stripe.billing.meters.deactivate(first.id)).rejects.toMatchObject({ statusCode: 400 });

  const second = await stripe.billing.meters.create(meter);
  await stripe.billing.meterEvents.create({ ...event, payload: { ...event.payload, value: '5' } });
  await expect(stripe.billing.meters.reactivate(first.id)).rejects.toMatchObject({ code: 'resource_already_exists' });
  await stripe.billing.meters.deactivate(second.id);
  const on = await stripe.billing.meters.reactivate(first.id);
  expect(on).toMatchObject({ status: 'active', status_transitions: { deactivated_at: null } });
  await stripe.billing.meterEvents.create(event);
  expect(await total(stripe, first.id, customer.id)).toBe(2);
  expect(await total(stripe, second.id, customer.id)).toBe(5);
  const types = (await stripe.events.list({ types: ['billing.meter.deactivated', 'billing.meter.reactivated'] })).data;
  expect(types).toHaveLength(3);
});

test('the name of a deactivated meter may go to one with other keys and another formula', async () => {
  const { stripe, request } = await newAccount();
  const customer = await stripe.customers.create();
  const first = await stripe.billing.meters.create(meter);
  const old = { event_name: 'tokens', payload: { stripe_customer_id: customer.id, value: '1' } };
  await stripe.billing.meterEvents.create(old);
  await stripe.billing.meters.deactivate(first.id);
  const second = await stripe.billing.meters.create({
    ...meter,
    default_aggregation: { formula: 'count' },
    customer_mapping: { event_payload_key: 'who', type: 'by_id' },
  });
  await stripe.billing.meterEvents.create({ event_name: 'tokens', payload: { who: customer.id } });
  expect(await total(stripe, second.id, customer.id)).toBe(1);
  expect((await request('POST', '/v1/billing/meter_events', old)).body.error.code).toBe('payload_no_customer_defined');
});

async function total(stripe: Awaited<ReturnType<typeof newAccount>>['stripe'], id: string, customer: string) {
  const end = Math.floor(Date.now() / 60_000) * 60 + 60;
  const { data } = await stripe.billing.meters.listEventSummaries(id, {
    customer,
    start_time: end - 3600,
    end_time: end,
  });
  expect(data).toHaveLength(1);
  return data[0]!.aggregated_value;
}

describe('bad input writes nothing', () => {
  const good = { display_name: 'T', event_name: 'e', 'default_aggregation[formula]': 'sum' };
  test.each<[string, Record<string, string>, string, string | undefined]>([
    ['no formula', { display_name: 'T', event_name: 'e' }, 'default_aggregation', 'parameter_missing'],
    [
      'empty formula',
      { ...good, 'default_aggregation[formula]': '' },
      'default_aggregation[formula]',
      'parameter_invalid_empty',
    ],
    ['formula', { ...good, 'default_aggregation[formula]': 'max' }, 'default_aggregation[formula]', undefined],
    ['long name', { ...good, display_name: 'n'.repeat(251) }, 'display_name', undefined],
    ['long event name', { ...good, event_name: 'n'.repeat(101) }, 'event_name', undefined],
    ['window', { ...good, event_time_window: 'week' }, 'event_time_window', undefined],
    [
      'mapping',
      { ...good, 'customer_mapping[type]': 'by_id' },
      'customer_mapping[event_payload_key]',
      'parameter_missing',
    ],
    [
      'mapping type',
      { ...good, 'customer_mapping[type]': 'by_mail', 'customer_mapping[event_payload_key]': 'c' },
      'customer_mapping[type]',
      undefined,
    ],
    [
      'one key for both',
      { ...good, 'value_settings[event_payload_key]': 'stripe_customer_id' },
      'value_settings[event_payload_key]',
      undefined,
    ],
    ['dimensions', { ...good, 'dimension_payload_keys[0]': 'model' }, 'dimension_payload_keys', 'parameter_unknown'],
  ])('%s', async (_name, params, param, code) => {
    const { request } = await newAccount();
    const { status, body } = await request('POST', '/v1/billing/meters', params);
    expect({ status, param: body.error.param, code: body.error.code }).toEqual({ status: 400, param, code });
    expect((await request('GET', '/v1/billing/meters')).body.data).toEqual([]);
    expect((await request('GET', '/v1/events')).body.data).toEqual([]);
  });

  test('only the display name changes', async () => {
    const { request, stripe } = await newAccount();
    const { id } = await stripe.billing.meters.create(meter);
    expect((await request('POST', `/v1/billing/meters/${id}`, { event_name: 'x' })).body.error.code).toBe(
      'parameter_unknown',
    );
  });
});
