import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { newClockShop, unix } from '../support/clock-shop.ts';
import { licensedPrice, refusal } from '../support/shop.ts';

type Create = Partial<Stripe.SubscriptionCreateParams>;

const NOW = unix('2026-01-31T10:00:00Z');
const NEXT = unix('2026-02-28T10:00:00Z');
const DAY = 86_400;

const ahead = { status: 400, message: 'Invalid timestamp: must be an integer Unix timestamp in the future.' };
const tooLate = { message: `billing_cycle_anchor cannot be later than next natural billing date (${NEXT}) for plan` };

/** How a subscription may not begin, on January 31 at 10:00. */
const REFUSED: readonly [Create, object][] = [
  [{ trial_end: NOW }, { ...ahead, param: 'trial_end' }],
  [
    { trial_end: NOW + 730 * DAY + 1 },
    { param: 'trial_end', message: 'Invalid timestamp: a trial can be at most 730 days (2 years) long.' },
  ],
  [{ trial_period_days: 731 }, { code: 'parameter_invalid_integer', param: 'trial_period_days' }],
  [{ trial_period_days: -1 }, { code: 'parameter_invalid_integer', param: 'trial_period_days' }],
  [
    { trial_end: NOW + DAY, trial_period_days: 1 },
    {
      code: 'parameters_exclusive',
      param: 'trial_end',
      message: 'You may only specify one of these parameters: trial_end, trial_period_days.',
    },
  ],
  [{ trial_from_plan: true }, { code: 'parameter_not_served', param: 'trial_from_plan' }],
  [
    { trial_settings: { end_behavior: { missing_payment_method: 'forget' } } },
    { param: 'trial_settings[end_behavior][missing_payment_method]' },
  ],
  [{ billing_cycle_anchor: NOW - 1 }, { ...ahead, param: 'billing_cycle_anchor' }],
  [{ billing_cycle_anchor: NEXT + 1 }, { ...tooLate, param: 'billing_cycle_anchor' }],
  // After a trial: not before its end, nor a month after it.
  [
    { trial_end: NOW + 5 * DAY, billing_cycle_anchor: NOW + 5 * DAY - 1 },
    { ...ahead, param: 'billing_cycle_anchor' },
  ],
  [
    { trial_end: NEXT, billing_cycle_anchor: unix('2026-03-28T10:00:01Z') },
    { param: 'billing_cycle_anchor', message: expect.stringContaining('cannot be later than next natural') },
  ],
  [
    { billing_cycle_anchor: NEXT, billing_cycle_anchor_config: { day_of_month: 5 } },
    { code: 'parameters_exclusive', param: 'billing_cycle_anchor' },
  ],
  ...[{ day_of_month: 0 }, { day_of_month: 32 }, { day_of_month: 1, month: 13 }, { day_of_month: 1, hour: 24 }].map(
    (config): [Create, object] => [
      { billing_cycle_anchor_config: config },
      { code: 'parameter_invalid_integer', param: expect.stringContaining('billing_cycle_anchor_config[') },
    ],
  ),
  [
    { billing_cycle_anchor_config: { day_of_month: 30, month: 2 } },
    { param: 'billing_cycle_anchor_config[day_of_month]', message: 'Month 2 never has a day 30.' },
  ],
  [
    { billing_cycle_anchor_config: { day_of_month: 1, month: 6 } },
    { ...tooLate, param: 'billing_cycle_anchor_config[month]' },
  ],
  [
    { backdate_start_date: NOW + 1 },
    { param: 'backdate_start_date', message: 'Invalid timestamp: must be an integer Unix timestamp in the past.' },
  ],
  [
    { backdate_start_date: NOW - DAY, billing_cycle_anchor_config: { day_of_month: 5 } },
    { code: 'parameters_exclusive', param: 'backdate_start_date' },
  ],
  [
    { backdate_start_date: NOW - DAY, trial_period_days: 3 },
    { code: 'parameter_not_served', param: 'backdate_start_date' },
  ],
  [
    { backdate_start_date: unix('2005-01-31T10:00:00Z') },
    { param: 'backdate_start_date', message: expect.stringContaining('at most 250 lines') },
  ],
  [{ proration_behavior: 'sometimes' }, { param: 'proration_behavior' }],
];

test('a subscription that can not begin so is refused, and nothing is written', async () => {
  const { stripe, customer, price } = await newClockShop('2026-01-31T10:00:00Z');
  const before = (await stripe.events.list({ limit: 1 })).data[0]?.id;
  for (const [params, expected] of REFUSED) {
    const call = stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...params });
    expect(await refusal(call), JSON.stringify(params)).toMatchObject(expected);
  }
  const weekly = await licensedPrice(stripe, { recurring: { interval: 'week' } });
  const call = stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: weekly.id }],
    billing_cycle_anchor_config: { day_of_month: 5 },
  });
  expect(await refusal(call)).toMatchObject({ status: 400, param: 'billing_cycle_anchor_config' });
  expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toEqual([]);
  expect((await stripe.invoices.list({ customer: customer.id })).data).toEqual([]);
  const types = (await stripe.events.list({ limit: 100, ending_before: before! })).data.map(({ type }) => type);
  expect(types.filter((type) => type.startsWith('customer.') || type.startsWith('invoice'))).toEqual([]);
});
