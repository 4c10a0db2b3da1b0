import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { advance, invoicesOf, text, unix, useAt } from '../support/clock-shop.ts';
import { licensedPrice, refusal } from '../support/shop.ts';
import { newStory, periodOf, type Story, subscribe, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

/** A seat of 31 USD and calls in a trial until January 31, on the 10th. */
async function inTrial(type: 'classic' | 'flexible', params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, seat, calls } = story;
  const trial = { trial_period_days: 30, billing_mode: { type }, ...params };
  const { id } = await subscribe(story, [seat, calls], trial);
  await advance(stripe, clock, '2026-01-10T00:00:00Z');
  return { ...story, id };
}

/** When it ends and which period it is in. */
function ending(subscription: Stripe.Subscription): unknown[] {
  return [subscription.cancel_at && text(subscription.cancel_at), ...periodOf(subscription)];
}

async function totals({ stripe, customer }: Story): Promise<unknown[]> {
  return (await invoicesOf(stripe, customer.id)).map((invoice) => told(invoice).slice(0, 2));
}

describe.each(['classic', 'flexible'] as const)('a %s subscription in a trial', (type) => {
  test('whose end in the trial is taken back goes on with the trial, and is paid from its end on', async () => {
    const story = await inTrial(type);
    const { stripe, clock, id } = story;
    const cut = await stripe.subscriptions.update(id, { cancel_at: unix('2026-01-16T00:00:00Z') });
    expect(ending(cut)).toEqual(['2026-01-16T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-16T00:00:00Z']);
    const later = await stripe.subscriptions.update(id, { cancel_at: unix('2026-01-20T00:00:00Z') });
    expect(ending(later)).toEqual(['2026-01-20T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-20T00:00:00Z']);
    const back = await stripe.subscriptions.update(id, { cancel_at: '' });
    expect(ending(back)).toEqual([null, '2026-01-01T00:00:00Z', '2026-01-31T00:00:00Z']);
    expect(back).toMatchObject({ status: 'trialing', billing_cycle_anchor: unix('2026-01-31T00:00:00Z') });
    await advance(stripe, clock, '2026-02-28T02:00:00Z');
    expect(await totals(story)).toEqual([
      ['2026-01-01T00:00:00Z', 0],
      ['2026-01-31T00:00:00Z', 3100],
      ['2026-02-28T00:00:00Z', 3100],
    ]);
    expect(await differencesOf(story)).toEqual([]);
  });

  test('that ends with its period ends with the trial, also when that is given another end', async () => {
    const story = await inTrial(type, { cancel_at_period_end: true });
    const { stripe, clock, id } = story;
    const details = { trial_end: unix('2026-02-10T00:00:00Z') };
    const longer = await stripe.subscriptions.update(id, details);
    expect(ending(longer)).toEqual(['2026-02-10T00:00:00Z', '2026-01-01T00:00:00Z', '2026-02-10T00:00:00Z']);
    await advance(stripe, clock, '2026-02-10T02:00:00Z');
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: 'canceled',
      ended_at: unix('2026-02-10T00:00:00Z'),
    });
    expect(await totals(story)).toEqual([['2026-01-01T00:00:00Z', 0]]);
  });

  test('that ends with its period ends with the first paid one, when the trial ends now', async () => {
    const story = await inTrial(type, { cancel_at_period_end: true });
    const { stripe, clock, meter, customer, id } = story;
    const details = { subscription: id, subscription_details: { trial_end: 'now' as const } };
    const preview = await stripe.invoices.createPreview(details);
    const paying = await stripe.subscriptions.update(id, { trial_end: 'now' });
    expect(ending(paying)).toEqual(['2026-02-10T00:00:00Z', '2026-01-10T00:00:00Z', '2026-02-10T00:00:00Z']);
    expect(paying.cancel_at_period_end).toBe(true);
    await useAt(stripe, meter, customer.id, 3);
    await advance(stripe, clock, '2026-02-10T02:00:00Z');
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
    expect(await totals(story)).toEqual([
      ['2026-01-01T00:00:00Z', 0],
      ['2026-01-10T00:00:00Z', 3100],
      ['2026-02-10T00:00:00Z', 30],
    ]);
    expect(preview.total).toBe(3100);
    expect(await differencesOf(story)).toEqual([]);
  });

  test('that is to end within the first paid period pays for that part alone, when the trial ends now', async () => {
    const story = await inTrial(type);
    const { stripe, clock, id } = story;
    // Ten days of the 31 that start now.
    const paying = await stripe.subscriptions.update(id, {
      trial_end: 'now',
      cancel_at: unix('2026-01-20T00:00:00Z'),
    });
    expect(ending(paying)).toEqual(['2026-01-20T00:00:00Z', '2026-01-10T00:00:00Z', '2026-01-20T00:00:00Z']);
    await advance(stripe, clock, '2026-01-12T00:00:00Z');
    await stripe.subscriptions.update(id, { cancel_at: '' });
    await advance(stripe, clock, '2026-02-10T02:00:00Z');
    expect(await totals(story)).toEqual([
      ['2026-01-01T00:00:00Z', 0],
      ['2026-01-10T00:00:00Z', 1000],
      ['2026-02-10T00:00:00Z', 2100 + 3100],
    ]);
    expect(await differencesOf(story)).toEqual([]);
  });

  test('can not start its billing cycle anew', async () => {
    const { stripe, id } = await inTrial(type);
    const refused = await refusal(stripe.subscriptions.update(id, { billing_cycle_anchor: { type: 'now' } }));
    expect(refused).toMatchObject({ status: 400, param: 'billing_cycle_anchor' });
    expect(refused.message).toContain('trial_end=now');
    expect(ending(await stripe.subscriptions.retrieve(id))).toEqual([
      null,
      '2026-01-01T00:00:00Z',
      '2026-01-31T00:00:00Z',
    ]);
  });
});

describe('a subscription that ends with its period', () => {
  test.each(['classic', 'flexible'] as const)('ends with the trial that it is given, %s', async (type) => {
    const story = await newStory('2026-01-01T00:00:00Z');
    const { stripe, clock, seat } = story;
    const { id } = await subscribe(story, [seat], { billing_mode: { type }, cancel_at_period_end: true });
    await advance(stripe, clock, '2026-01-11T00:00:00Z');
    const given = await stripe.subscriptions.update(id, { trial_end: unix('2026-03-01T00:00:00Z') });
    expect(ending(given)).toEqual(['2026-03-01T00:00:00Z', '2026-01-11T00:00:00Z', '2026-03-01T00:00:00Z']);
    await advance(stripe, clock, '2026-03-01T02:00:00Z');
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
    expect(await differencesOf(story)).toEqual([]);
  });

  test.each(['classic', 'flexible'] as const)('follows an interval that changes, %s', async (type) => {
    const story = await newStory('2026-01-01T00:00:00Z');
    const { stripe, clock, seat } = story;
    const year = await licensedPrice(stripe, {
      unit_amount: 36_500,
      product_data: { name: 'Year' },
      recurring: { interval: 'year' },
    });
    const made = await subscribe(story, [seat], { billing_mode: { type }, cancel_at_period_end: true });
    await advance(stripe, clock, '2026-01-11T00:00:00Z');
    const changed = await stripe.subscriptions.update(made.id, {
      items: [{ id: made.items.data[0]!.id, price: year.id }],
      proration_behavior: 'always_invoice',
    });
    // A classic subscription starts anew, a flexible one keeps its anchor.
    const [start, end] =
      type === 'classic'
        ? ['2026-01-11T00:00:00Z', '2027-01-11T00:00:00Z']
        : ['2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'];
    expect(ending(changed)).toEqual([end, start, end]);
    // 21 days of the month are given back; a year has 365 days, of which ten are over on the flexible one.
    expect((await totals(story)).at(-1)).toEqual([
      '2026-01-11T00:00:00Z',
      type === 'classic' ? 36_500 - 2100 : 35_500 - 2100,
    ]);
  });

  test('ends with the first of several periods, and gives the rest of the others back', async () => {
    const story = await newStory('2026-01-01T00:00:00Z');
    const { stripe, clock, seat, customer } = story;
    const year = await licensedPrice(stripe, {
      unit_amount: 36_500,
      product_data: { name: 'Year' },
      recurring: { interval: 'year' },
    });
    const { id } = await subscribe(story, [year, seat], { billing_mode: { type: 'flexible' } });
    await advance(stripe, clock, '2026-01-11T00:00:00Z');
    const cut = await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    expect(cut).toMatchObject({ cancel_at: unix('2026-02-01T00:00:00Z'), cancel_at_period_end: true });
    await stripe.subscriptions.update(id, { cancel_at_period_end: false });
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await advance(stripe, clock, '2026-02-01T02:00:00Z');
    // 31 of 365 days are used.
    const [, last] = await invoicesOf(stripe, customer.id);
    expect(told(last!)).toEqual([
      '2026-02-01T00:00:00Z',
      -33_400,
      [
        ['Unused time on Year after 01 Feb 2026', -33_400],
        ['Remaining time on Year after 01 Feb 2026', 33_400],
        ['Unused time on Year after 01 Feb 2026', -33_400],
      ],
    ]);
    expect(await differencesOf(story)).toEqual([]);
  });
});

test('the last invoice of a period that is cut to less than an hour stays a draft as long as any other', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, calls } = story;
  const { id } = await subscribe(story, [calls]);
  await useAt(stripe, meter, customer.id, 5);
  await stripe.subscriptions.update(id, { cancel_at: unix('2026-01-01T00:30:00Z') });
  const last = async () => (await invoicesOf(stripe, customer.id)).at(-1)!;
  await advance(stripe, clock, '2026-01-01T01:00:00Z');
  expect([(await last()).status, (await last()).total]).toEqual(['draft', 50]);
  await useAt(stripe, meter, customer.id, 2, '2026-01-01T00:10:00Z');
  await advance(stripe, clock, '2026-01-01T01:31:00Z');
  expect([(await last()).status, (await last()).total]).toEqual(['paid', 70]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a paused subscription can not end with a period that is over', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, seat } = story;
  const { id } = await subscribe(story, [seat], { billing_mode: { type: 'flexible' } });
  await stripe.subscriptions.pause(id);
  await advance(stripe, clock, '2026-02-10T00:00:00Z');
  for (const params of [{ cancel_at_period_end: true }, { cancel_at: 'min_period_end' as const }]) {
    const refused = await refusal(stripe.subscriptions.update(id, params));
    expect(refused).toMatchObject({ status: 400, param: Object.keys(params)[0] });
  }
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'paused', cancel_at: null });
  await stripe.subscriptions.update(id, { cancel_at: unix('2026-02-20T00:00:00Z') });
  await advance(stripe, clock, '2026-02-20T00:00:00Z');
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
});
