import type { Remote } from './remote.ts';
import type { Coupon, Meter, Price, World } from './world.ts';

/** Days from one attempt to the next of an account that never chose any. */
const USUAL_RETRY_DAYS: readonly number[] = [3, 5, 6, 7];

/** Makes at the server what a new world has: a clock, customers with a card, and the catalogue. */
export async function setUp(remote: Remote, world: World): Promise<void> {
  if (String(USUAL_RETRY_DAYS) !== String(world.retryDays)) {
    const none = world.retryDays.length === 0;
    await remote.call('POST', '/v1/usance/billing_settings', { retry_days: none ? '' : world.retryDays });
  }
  if (world.billsLate) await remote.call('POST', '/v1/usance/billing_settings', { late_usage: 'next_invoice' });
  const clock = await remote.call('POST', '/v1/test_helpers/test_clocks', { frozen_time: world.now });
  remote.learn('clock', clock.id);
  for (const meter of world.meters) remote.learn(meter.name, (await newMeter(remote, meter)).id);
  for (const price of world.prices) await newPrice(remote, world, price);
  for (const { id: name, percentage, inclusive } of world.rates) {
    const { id } = await remote.call('POST', '/v1/tax_rates', { display_name: 'VAT', percentage, inclusive });
    remote.learn(name, id);
  }
  for (const coupon of world.coupons) await newCoupon(remote, world, coupon);
  for (const { name } of world.customers) {
    const { id } = await remote.call('POST', '/v1/customers', {
      name,
      email: `${name}@example.com`,
      test_clock: clock.id,
      payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa' },
    });
    remote.learn(name, id);
  }
}

async function newMeter(remote: Remote, { name, formula, window }: Meter) {
  return await remote.call('POST', '/v1/usance/meters', {
    display_name: name,
    event_name: name,
    default_aggregation: { formula },
    event_time_window: window ?? undefined,
    value_settings: { event_payload_key: 'value' },
  });
}

async function newPrice(remote: Remote, { currency }: World, price: Price): Promise<void> {
  const { name, product, meter, every, model } = price;
  const { id, product: productId } = await remote.call('POST', '/v1/prices', {
    currency,
    product_data: { name: product },
    recurring: {
      interval: every.interval,
      interval_count: every.count,
      ...(meter === null ? {} : { usage_type: 'metered', meter: remote.id(meter) }),
    },
    ...termsOf(model),
  });
  remote.learn(name, id);
  remote.learn(product, productId);
}

function termsOf(model: Price['model']) {
  if (model.scheme === 'per_unit') {
    const { unitAmount, transform } = model;
    const transformed = transform && { transform_quantity: { divide_by: transform.divideBy, round: transform.round } };
    return { unit_amount_decimal: unitAmount, ...transformed };
  }
  const tiers = model.tiers.map(({ upTo, unitAmount, flatAmount }) => ({
    up_to: upTo ?? 'inf',
    unit_amount_decimal: unitAmount ?? undefined,
    flat_amount_decimal: flatAmount ?? undefined,
  }));
  return { billing_scheme: 'tiered', tiers_mode: model.mode, tiers };
}

async function newCoupon(remote: Remote, { currency }: World, { name, off, duration }: Coupon): Promise<void> {
  const lasting = typeof duration === 'number' ? { duration: 'repeating', duration_in_months: duration } : { duration };
  const terms = 'percent' in off ? { percent_off: off.percent } : { amount_off: off.amount, currency };
  await remote.call('POST', '/v1/coupons', { id: name, ...lasting, ...terms });
  remote.learn(name, name);
}
