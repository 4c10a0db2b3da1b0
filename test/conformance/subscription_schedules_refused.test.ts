import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { advance, newClockShop, unix } from '../support/clock-shop.ts';
import { eventTypes, licensedPrice, meteredPrice, newShop, refusal } from '../support/shop.ts';

type Create = Stripe.SubscriptionScheduleCreateParams;
type Phase = Stripe.SubscriptionScheduleCreateParams.Phase;

const MONTH = { interval: 'month' } as const;

async function newPlan() {
  const shop = await newShop();
  const seat = (await licensedPrice(shop.stripe)).id;
  const setup = (await shop.stripe.prices.create({ currency: 'usd', unit_amount: 5, product_data: { name: 'Setup' } }))
    .id;
  type Period = Stripe.SubscriptionScheduleCreateParams.Phase.AddInvoiceItem['period'];
  const once = (period: NonNullable<Period>): Phase => ({
    items: [{ price: seat }],
    add_invoice_items: [{ price: setup, period }],
  });
  return { ...shop, seat, setup, once };
}

function ownPrice(product: string) {
  return { currency: 'usd', product, recurring: MONTH, unit_amount: 100 };
}

type Plan = Awaited<ReturnType<typeof newPlan>>;

/** What a request may not ask for: phases, other parameters, and the error that it gets. */
const REFUSED: readonly [string, (plan: Plan) => Promise<Partial<Create>> | Partial<Create>, object][] = [
  ['no customer', () => ({ customer: undefined as never }), { code: 'parameter_missing', param: 'customer' }],
  ['an unknown customer', () => ({ customer: 'cus_unknown' }), { code: 'resource_missing', param: 'customer' }],
  ['no phases', () => ({ phases: undefined as never }), { code: 'parameter_missing', param: 'phases' }],
  [
    'a phase without items',
    () => ({ phases: [{ duration: MONTH } as Phase] }),
    { code: 'parameter_missing', param: 'phases[0][items]' },
  ],
  [
    'an unknown price',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }], duration: MONTH }, { items: [{ price: 'price_no' }] }] }),
    { code: 'resource_missing', param: 'phases[1][items][0][price]', message: "No such price: 'price_no'" },
  ],
  [
    'the same price twice in a phase',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }, { price: seat }] }] }),
    { param: 'phases[0][items][1][price]' },
  ],
  [
    'a quantity of what is metered',
    ({ price }) => ({ phases: [{ items: [{ price: price.id, quantity: 2 }] }] }),
    { param: 'phases[0][items][0][quantity]' },
  ],
  [
    'a phase with two ends',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }], duration: MONTH, end_date: unix('2050-01-01T00:00:00Z') }] }),
    { code: 'parameters_exclusive', param: 'phases[0][duration]' },
  ],
  [
    'a phase that ends before it starts',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }], end_date: unix('2020-01-01T00:00:00Z') }] }),
    { param: 'phases[0][end_date]', message: 'The end of a phase must be after its start.' },
  ],
  [
    'a phase without end before another',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }] }, { items: [{ price: seat }] }] }),
    { code: 'parameter_missing', param: 'phases[0][end_date]' },
  ],
  [
    'more than ten phases',
    ({ seat }) => ({ phases: Array.from({ length: 11 }, () => ({ items: [{ price: seat }], duration: MONTH })) }),
    { param: 'phases', message: 'A schedule can have at most 10 current and future phases.' },
  ],
  [
    'phases in two currencies',
    async ({ stripe, seat }) => {
      const euro = await licensedPrice(stripe, { currency: 'eur' });
      return { phases: [{ items: [{ price: seat }], duration: MONTH }, { items: [{ price: euro.id }] }] };
    },
    { param: 'phases[1][items][0][price]' },
  ],
  [
    'days to pay of what is charged',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }], invoice_settings: { days_until_due: 3 } }] }),
    { param: 'phases[0][invoice_settings][days_until_due]' },
  ],
  [
    'a method of nobody',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }], default_payment_method: 'pm_no' }] }),
    { code: 'resource_missing', param: 'phases[0][default_payment_method]' },
  ],
  [
    'an unknown coupon',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }], discounts: [{ coupon: 'NO' }] }] }),
    { code: 'resource_missing', param: 'phases[0][discounts][0][coupon]' },
  ],
  [
    'an unknown tax rate',
    ({ seat }) => ({ phases: [{ items: [{ price: seat, tax_rates: ['txr_no'] }] }] }),
    { code: 'resource_missing', param: 'phases[0][items][0][tax_rates][0]' },
  ],
  [
    'a recurring price as what is charged once',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }], add_invoice_items: [{ price: seat }] }] }),
    { param: 'phases[0][add_invoice_items][0][price]' },
  ],
  [
    'a price and the terms of one',
    ({ seat }) => ({ phases: [{ items: [{ price: seat, price_data: ownPrice('prod_no') }] }] }),
    { code: 'parameters_exclusive', param: 'phases[0][items][0][price]' },
  ],
  [
    'a price of its own of an unknown product',
    ({ seat }) => ({
      phases: [{ items: [{ price: seat }], duration: MONTH }, { items: [{ price_data: ownPrice('prod_no') }] }],
    }),
    { code: 'resource_missing', param: 'phases[1][items][0][price_data][product]' },
  ],
  [
    'a price of its own of an archived product',
    async ({ stripe, seat }) => {
      const { id } = await stripe.products.create({ name: 'Old', active: false });
      return {
        phases: [
          { items: [{ price: seat }], add_invoice_items: [{ price_data: { ...ownPrice(id), recurring: undefined! } }] },
        ],
      };
    },
    { code: 'product_inactive', param: 'phases[0][add_invoice_items][0][price_data][product]' },
  ],
  [
    'a price of its own in another currency',
    async ({ stripe, seat }) => {
      const { id } = await stripe.products.create({ name: 'Euro' });
      const euro = { ...ownPrice(id), currency: 'eur' };
      return { phases: [{ items: [{ price: seat }], duration: MONTH }, { items: [{ price_data: euro }] }] };
    },
    { param: 'phases[1][items][0][price]' },
  ],
  [
    'items without a price',
    () => ({ phases: [{ items: [{ quantity: 1 }] }] }),
    { code: 'parameter_missing', param: 'phases[0][items][0][price]' },
  ],
  [
    'more than twenty items',
    ({ seat }) => ({ phases: [{ items: Array.from({ length: 21 }, () => ({ price: seat })) }] }),
    { param: 'phases[0][items]' },
  ],
  [
    'more than twenty charges that are made once',
    ({ seat }) => ({
      phases: [{ items: [{ price: seat }], add_invoice_items: Array.from({ length: 21 }, () => ({ price: seat })) }],
    }),
    { param: 'phases[0][add_invoice_items]' },
  ],
  [
    'a usage threshold of what is licensed',
    ({ seat }) => ({ phases: [{ items: [{ price: seat, billing_thresholds: { usage_gte: 5 } }] }] }),
    { param: 'phases[0][items][0][billing_thresholds]' },
  ],
  [
    'a threshold below fifty',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }], billing_thresholds: { amount_gte: 49 } }] }),
    { param: 'phases[0][billing_thresholds][amount_gte]' },
  ],
  [
    'a threshold that flat fees reach',
    async ({ stripe, seat, meter }) => {
      const tiered = await meteredPrice(stripe, meter.id, {
        billing_scheme: 'tiered',
        tiers_mode: 'graduated',
        tiers: [{ up_to: 'inf', flat_amount: 500, unit_amount: 1 }],
      });
      const items = [{ price: seat }, { price: tiered.id }];
      return { phases: [{ items }], default_settings: { billing_thresholds: { amount_gte: 500 } } };
    },
    { param: 'phases[0][billing_thresholds][amount_gte]' },
  ],
  [
    'a period that ends before it starts',
    ({ once }) => ({
      phases: [once({ start: { type: 'timestamp', timestamp: 20 }, end: { type: 'timestamp', timestamp: 10 } })],
    }),
    { param: 'phases[0][add_invoice_items][0][period][end]' },
  ],
  [
    'a time beside words for one',
    ({ once }) => ({ phases: [once({ start: { type: 'phase_start', timestamp: 20 }, end: { type: 'phase_end' } })] }),
    { param: 'phases[0][add_invoice_items][0][period][start][timestamp]' },
  ],
  [
    'no time where there is to be one',
    ({ once }) => ({ phases: [once({ start: { type: 'phase_start' }, end: { type: 'timestamp' } })] }),
    { code: 'parameter_missing', param: 'phases[0][add_invoice_items][0][period][end][timestamp]' },
  ],
  [
    'a charge of more than invoices can have',
    ({ seat, setup }) => ({
      phases: [
        { items: [{ price: seat }], duration: MONTH },
        { items: [{ price: seat }], add_invoice_items: [{ price: setup, quantity: 900_000_000 }] },
      ],
    }),
    { code: 'amount_too_large', param: 'phases[1][add_invoice_items][0][quantity]' },
  ],
  [
    'a code for more than the charge that it is put on',
    async ({ stripe, seat, setup }) => {
      const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: 'once' });
      const restrictions = { minimum_amount: 100, minimum_amount_currency: 'usd' };
      const { id } = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon }, restrictions });
      const charge = { price: setup, quantity: 19, discounts: [{ promotion_code: id }] };
      return {
        phases: [
          { items: [{ price: seat }], duration: MONTH },
          { items: [{ price: seat }], add_invoice_items: [charge] },
        ],
      };
    },
    { param: 'phases[1][add_invoice_items][0][discounts][0][promotion_code]' },
  ],
  [
    'what is flexible of a classic one',
    () => ({ billing_mode: { type: 'classic', flexible: { proration_discounts: 'included' } } }),
    { param: 'billing_mode[flexible]' },
  ],
  [
    'itemized discounts',
    () => ({ billing_mode: { type: 'flexible', flexible: { proration_discounts: 'itemized' } } }),
    { code: 'parameter_not_served', param: 'billing_mode[flexible][proration_discounts]' },
  ],
  [
    'a trial that is told twice',
    ({ seat }) => ({ phases: [{ items: [{ price: seat }], trial: true, trial_end: unix('2050-01-01T00:00:00Z') }] }),
    { code: 'parameters_exclusive', param: 'phases[0][trial]' },
  ],
  [
    'a trial that outlasts its phase',
    ({ seat }) => ({
      phases: [{ items: [{ price: seat }], duration: MONTH, trial_end: unix('2090-01-01T00:00:00Z') }],
    }),
    { param: 'phases[0][trial_end]' },
  ],
  [
    'a start in the past',
    () => ({ start_date: unix('2020-01-01T00:00:00Z') }),
    { code: 'parameter_not_served', param: 'start_date' },
  ],
  [
    'pauses',
    () => ({ pause_schedules: [{ key: 'a' }] as never }),
    { code: 'parameter_not_served', param: 'pause_schedules' },
  ],
];

describe('a schedule may not ask for', () => {
  test.concurrent.each(REFUSED)('%s', async (_what, change, error) => {
    const plan = await newPlan();
    const { stripe, customer, seat } = plan;
    const asked = { customer: customer.id, phases: [{ items: [{ price: seat }] }], ...(await change(plan)) };
    const answer = await refusal(stripe.subscriptionSchedules.create(asked));
    expect(answer).toMatchObject({ status: 400, ...error });
    // Nothing is half-done.
    expect(await eventTypes(stripe, 'subscription_schedule.', 'customer.subscription.', 'invoice')).toEqual([]);
    expect((await stripe.subscriptionSchedules.list()).data).toEqual([]);
  });
});

test('what a phase charges once has no discount yet that it could keep', async () => {
  const { stripe, customer, seat, setup } = await newPlan();
  const { id } = await stripe.coupons.create({ percent_off: 10, duration: 'once' });
  const invoice = await stripe.invoices.create({ customer: customer.id, discounts: [{ coupon: id }] });
  const discount = invoice.discounts[0] as string;
  const phases = [{ items: [{ price: seat }], add_invoice_items: [{ price: setup, discounts: [{ discount }] }] }];
  expect(await refusal(stripe.subscriptionSchedules.create({ customer: customer.id, phases }))).toMatchObject({
    code: 'resource_missing',
    param: 'phases[0][add_invoice_items][0][discounts][0][discount]',
  });
  expect((await stripe.subscriptionSchedules.list()).data).toEqual([]);
});

test('a schedule of a subscription takes nothing else, and a subscription one schedule', async () => {
  const { stripe, customer, seat } = await newPlan();
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seat }],
    collection_method: 'send_invoice',
    days_until_due: 5,
  });
  const create = (more: Partial<Create>) =>
    refusal(stripe.subscriptionSchedules.create({ from_subscription: subscription.id, ...more }));
  expect(await create({ end_behavior: 'cancel' })).toMatchObject({ status: 400, param: 'end_behavior' });
  expect(await create({ phases: [{ items: [{ price: seat }] }] })).toMatchObject({
    code: 'parameters_exclusive',
    message: 'You cannot set `phases` if `from_subscription` is set.',
  });
  expect(await create({ from_subscription: 'sub_no' })).toMatchObject({
    code: 'resource_missing',
    param: 'from_subscription',
  });
  const first = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  expect(await create({})).toMatchObject({
    status: 400,
    message: `You cannot migrate a subscription that is already attached to a schedule: \`${subscription.id}\`.`,
  });
  await stripe.subscriptions.cancel(subscription.id);
  expect((await stripe.subscriptionSchedules.retrieve(first.id)).status).toBe('canceled');
  const [other] = (await stripe.subscriptions.list({ status: 'canceled', customer: customer.id })).data;
  expect(other!.schedule).toBe(first.id);
});

test('what is done can not be changed, canceled or released', async () => {
  const { stripe, customer, seat } = await newPlan();
  const start = unix('2090-01-01T00:00:00Z');
  const make = async () =>
    await stripe.subscriptionSchedules.create({
      customer: customer.id,
      start_date: start,
      phases: [{ items: [{ price: seat }] }],
    });
  const [canceled, released] = [await make(), await make()];
  expect(await stripe.subscriptionSchedules.cancel(canceled.id)).toMatchObject({
    status: 'canceled',
    canceled_at: expect.any(Number),
    subscription: null,
  });
  expect(await stripe.subscriptionSchedules.release(released.id)).toMatchObject({ released_subscription: null });
  for (const { id } of [canceled, released]) {
    const before = await stripe.subscriptionSchedules.retrieve(id);
    const answers = [
      await refusal(stripe.subscriptionSchedules.update(id, { metadata: { a: 'b' } })),
      await refusal(stripe.subscriptionSchedules.cancel(id)),
      await refusal(stripe.subscriptionSchedules.release(id)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(answers[0]!.message).toBe(
      `You cannot update a subscription schedule that is currently in the \`${before.status}\` status. It must be in the \`not_started\` or \`active\` status.`,
    );
    expect(await stripe.subscriptionSchedules.retrieve(id)).toEqual(before);
  }
  expect(await refusal(stripe.subscriptionSchedules.retrieve('sub_sched_no'))).toMatchObject({
    status: 404,
    code: 'resource_missing',
    message: "No such subscription_schedule: 'sub_sched_no'",
  });
});

test('an active schedule keeps what has been', async () => {
  const { stripe, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const seat = (await licensedPrice(stripe)).id;
  const items = [{ price: seat }];
  const made = await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 'now',
    phases: [
      { items, duration: MONTH },
      { items, duration: MONTH },
    ],
  });
  await advance(stripe, clock, '2026-02-10T00:00:00Z');
  const before = await stripe.subscriptionSchedules.retrieve(made.id);
  const [jan, feb, mar] = [unix('2026-01-01T00:00:00Z'), unix('2026-02-01T00:00:00Z'), unix('2026-03-01T00:00:00Z')];
  const april = unix('2026-04-01T00:00:00Z');
  const update = (phases: Stripe.SubscriptionScheduleUpdateParams.Phase[]) =>
    refusal(stripe.subscriptionSchedules.update(made.id, { phases }));
  expect(await update([{ items, end_date: mar }])).toMatchObject({
    param: 'phases[0][start_date]',
    message:
      'The subscription schedule update is missing at least one phase with a `start_date` to anchor end dates to.',
  });
  expect(await update([{ items, start_date: 'now', end_date: mar }])).toMatchObject({
    param: 'phases[0][start_date]',
    message: 'You can not modify the start date of the current phase.',
  });
  expect(
    await update([
      { items, start_date: feb, end_date: mar },
      { items, start_date: april, duration: MONTH },
    ]),
  ).toMatchObject({ param: 'phases[1][start_date]', message: 'A phase must start when the phase before it ends.' });
  expect(
    await update([
      { items, start_date: jan + 86_400, end_date: feb },
      { items, end_date: mar },
    ]),
  ).toMatchObject({ param: 'phases[0]', message: 'You can not change a phase that is over.' });
  expect(await update([{ items, start_date: feb, end_date: feb + 86_400 }])).toMatchObject({
    param: 'phases',
    message: 'The last phase must end in the future.',
  });
  expect(
    await update([
      { items, start_date: feb, end_date: feb + 86_400 },
      { items, end_date: mar },
    ]),
  ).toMatchObject({ param: 'phases[1][start_date]' });
  expect(await stripe.subscriptionSchedules.retrieve(made.id)).toEqual(before);
});
