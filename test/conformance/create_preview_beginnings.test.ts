import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, unix, useAt } from '../support/clock-shop.ts';
import { refusal } from '../support/shop.ts';
import { newStory, span, type Story, subscribe } from '../support/story.ts';

type Details = Stripe.InvoiceCreatePreviewParams.SubscriptionDetails;

/** What an invoice charges, for which periods. */
const charged = ({ total, lines }: Stripe.Invoice) => ({
  total,
  lines: lines.data.map(({ description, amount, period }) => [description, amount, ...span(period)]),
});

const previewOf = async ({ stripe, customer }: Pick<Story, 'stripe' | 'customer'>, details: Details) =>
  await stripe.invoices.createPreview({ customer: customer.id, subscription_details: details });

/** How a subscription can begin on February 20, as a preview and as a subscription are asked for it. */
const BEGINNINGS: readonly [string, Details, Partial<Stripe.SubscriptionCreateParams>][] = [
  ['a trial', { trial_end: unix('2026-03-05T00:00:00Z') }, { trial_end: unix('2026-03-05T00:00:00Z') }],
  [
    'a classic trial',
    { trial_end: unix('2026-03-05T00:00:00Z'), billing_mode: { type: 'classic' } },
    { trial_end: unix('2026-03-05T00:00:00Z'), billing_mode: { type: 'classic' } },
  ],
  [
    'an anchor',
    { billing_cycle_anchor: { type: 'timestamp', timestamp: unix('2026-03-01T00:00:00Z') } },
    { billing_cycle_anchor: unix('2026-03-01T00:00:00Z') },
  ],
  [
    'a start in the past',
    { start_date: unix('2026-01-15T00:00:00Z') },
    { backdate_start_date: unix('2026-01-15T00:00:00Z') },
  ],
  [
    'a start in the past with an anchor',
    {
      start_date: unix('2026-01-15T00:00:00Z'),
      billing_cycle_anchor: { type: 'timestamp', timestamp: unix('2026-03-01T00:00:00Z') },
    },
    { backdate_start_date: unix('2026-01-15T00:00:00Z'), billing_cycle_anchor: unix('2026-03-01T00:00:00Z') },
  ],
];

test('a preview shows what a subscription that begins otherwise is billed first', async () => {
  const story = await newStory('2026-01-20T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  await useAt(stripe, meter, customer.id, 30);
  await advance(stripe, clock, '2026-02-20T00:00:00Z');
  const items = [{ price: seat.id }, { price: calls.id }];
  for (const [name, details, params] of BEGINNINGS) {
    const preview = await previewOf(story, { ...details, items });
    const { latest_invoice: first, id } = await subscribe(story, [seat, calls], {
      ...params,
      expand: ['latest_invoice'],
    });
    expect({ name, ...charged(preview) }).toEqual({ name, ...charged(first as Stripe.Invoice) });
    await stripe.subscriptions.cancel(id);
  }
});

test('a preview of a trial shows its end, at its time, at another and at once, and of a pause the resume', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const { id, items } = await subscribe(story, [seat, calls], { trial_period_days: 10 });
  await useAt(stripe, meter, customer.id, 30);
  await advance(stripe, clock, '2026-01-06T00:00:00Z');
  const preview = async (details: Details) =>
    await stripe.invoices.createPreview({ subscription: id, subscription_details: details });
  const trial = ['Free trial for 30 × Calls', 0, '2026-01-01T00:00:00Z'];
  const month = ['1 × Seat (at $31.00 / month)', 3100];
  expect(charged(await preview({})).lines).toEqual([
    [...trial, '2026-01-11T00:00:00Z'],
    [...month, '2026-01-11T00:00:00Z', '2026-02-11T00:00:00Z'],
  ]);
  expect(charged(await preview({ trial_end: unix('2026-01-20T00:00:00Z') })).lines).toEqual([
    [...trial, '2026-01-20T00:00:00Z'],
    [...month, '2026-01-20T00:00:00Z', '2026-02-20T00:00:00Z'],
  ]);
  const seats = items.data.find(({ price }) => price.id === seat.id)!;
  const now = { trial_end: 'now' as const, items: [{ id: seats.id, quantity: 2 }] };
  const foreseen = charged(await preview(now));
  const { latest_invoice: invoice } = await stripe.subscriptions.update(id, { ...now, expand: ['latest_invoice'] });
  expect(foreseen).toEqual(charged(invoice as Stripe.Invoice));
  expect(foreseen.total).toBe(6200);
  await stripe.subscriptions.pause(id, { invoicing_behavior: 'invoice' });
  await advance(stripe, clock, '2026-01-16T00:00:00Z');
  expect(await refusal(stripe.invoices.createPreview({ subscription: id }))).toMatchObject({
    code: 'invoice_upcoming_none',
  });
  const resumed = charged(await preview({ resume_at: 'now' }));
  const { latest_invoice: resumption } = await stripe.subscriptions.resume(id, { expand: ['latest_invoice'] });
  expect(resumed).toEqual(charged(resumption as Stripe.Invoice));
});

test('what can not begin so is not shown either', async () => {
  const story = await newStory('2026-01-20T00:00:00Z');
  const items = [{ price: story.seat.id }];
  const cases: [Details, object][] = [
    [{ trial_end: 1 }, { param: 'subscription_details[trial_end]' }],
    [
      { billing_cycle_anchor: { type: 'timestamp' } },
      { code: 'parameter_missing', param: 'subscription_details[billing_cycle_anchor][timestamp]' },
    ],
    [
      { billing_cycle_anchor: { type: 'now', timestamp: unix('2026-01-21T00:00:00Z') } },
      { param: 'subscription_details[billing_cycle_anchor][timestamp]' },
    ],
    [
      { billing_cycle_anchor: { type: 'timestamp', timestamp: unix('2027-01-21T00:00:00Z') } },
      { param: 'subscription_details[billing_cycle_anchor][timestamp]' },
    ],
    [{ start_date: unix('2026-01-21T00:00:00Z') }, { code: 'parameter_not_served' }],
    [{ start_date: unix('2001-01-21T00:00:00Z') }, { param: 'subscription_details[start_date]' }],
  ];
  for (const [details, expected] of cases) {
    expect(await refusal(previewOf(story, { ...details, items })), JSON.stringify(details)).toMatchObject({
      status: 400,
      ...expected,
    });
  }
});
