import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, text } from '../support/clock-shop.ts';
import {
  authenticate,
  eventsOf,
  findingsOf,
  intentOf,
  invoicesOf,
  newSeat,
  payBy,
  type Seat,
  subscribe,
  takenOf,
} from '../support/dunning.ts';
import { errorOf } from '../support/payer.ts';

const ASKS = 'pm_card_authenticationRequired';
const DECLINES = 'pm_card_chargeCustomerFail';
const PENDING = { payment_behavior: 'pending_if_incomplete', proration_behavior: 'always_invoice' } as const;
const TOLD = [
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.pending_update_applied',
  'customer.subscription.pending_update_expired',
  'invoice.voided',
];

/** Half way through a January of 31 days: one seat of 20 USD is paid, and from now on the customer pays by that method. */
async function newUpgrade(method: string, params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { id, items } = await subscribe(seat, params);
  await advance(seat.stripe, seat.clock, '2026-01-16T12:00:00Z');
  await payBy(seat, method);
  const itemId = items.data[0]!.id;
  const seats = (quantity: number) => ({ ...PENDING, items: [{ id: itemId, quantity }] });
  return { ...seat, id, itemId, seats };
}

type Upgrade = Awaited<ReturnType<typeof newUpgrade>>;

const read = async ({ stripe, id }: Upgrade) => await stripe.subscriptions.retrieve(id);
const duesOf = async (seat: Seat) => (await invoicesOf(seat)).map(({ status, amount_due: due }) => [status, due]);
/** Since the upgrade, in short: of a subscription the seats that it has, and those that are pending; of an invoice what was due. */
const toldOf = async (seat: Seat) => {
  const told = await eventsOf(seat, TOLD, (object: Stripe.Subscription | Stripe.Invoice) =>
    object.object === 'invoice'
      ? object.amount_due
      : [object.items.data[0]?.quantity, object.pending_update?.subscription_items?.[0]?.quantity ?? null],
  );
  return told
    .filter(([at]) => at > '2026-01-02')
    .map(([at, type, ...rest]) => [at.slice(5, 16), type.replace('customer.subscription', 'sub'), ...rest]);
};

test.each(['classic', 'flexible'] as const)(
  '%s: an upgrade waits for the bank, and is made when it is paid',
  async (type) => {
    const upgrade = await newUpgrade(ASKS, { billing_mode: { type } });
    const { stripe, clock, id, itemId, seats } = upgrade;
    const waiting = await stripe.subscriptions.update(id, seats(2));
    expect(waiting).toMatchObject({
      status: 'active',
      items: { data: [{ quantity: 1 }] },
      pending_update: {
        billing_cycle_anchor: null,
        cancel_at_period_end: null,
        discount: null,
        discounts: null,
        metadata: null,
        subscription_items: [{ id: itemId, quantity: 2, price: { unit_amount: 2000 } }],
        trial_end: null,
        trial_from_plan: null,
      },
    });
    expect(text(waiting.pending_update!.expires_at)).toBe('2026-01-17T11:00:00Z');
    // Half a month of one seat is given back, and of two seats debited.
    expect(await duesOf(upgrade)).toEqual([
      ['paid', 2000],
      ['open', 1000],
    ]);
    await authenticate(upgrade, await intentOf(upgrade, waiting.latest_invoice as string));
    expect(await read(upgrade)).toMatchObject({
      status: 'active',
      items: { data: [{ id: itemId, quantity: 2 }] },
      pending_update: null,
    });
    expect(await toldOf(upgrade)).toEqual([
      ['01-16T12:00', 'sub.updated', [1, 2]],
      ['01-16T12:00', 'sub.updated', [2, null]],
      ['01-16T12:00', 'sub.pending_update_applied', [2, null]],
    ]);
    await payBy(upgrade, 'pm_card_visa');
    await advance(stripe, clock, '2026-02-01T02:00:00Z');
    expect(await duesOf(upgrade)).toEqual([
      ['paid', 2000],
      ['paid', 1000],
      ['paid', 4000],
    ]);
    expect(await findingsOf(upgrade)).toEqual([]);
  },
);

test('a subscription that ends with its period ends with the one that the change brings', async () => {
  const upgrade = await newUpgrade(ASKS, { cancel_at_period_end: true });
  const { stripe, id, seats } = upgrade;
  const details = { ...seats(2), billing_cycle_anchor: { type: 'now' as const } };
  const waiting = await stripe.subscriptions.update(id, details);
  expect(text(waiting.cancel_at!)).toBe('2026-02-01T00:00:00Z');
  await authenticate(upgrade, await intentOf(upgrade, waiting.latest_invoice as string));
  const { cancel_at: end, items } = await read(upgrade);
  expect([end, items.data[0]!.current_period_end].map((at) => text(at!))).toEqual([
    '2026-02-16T12:00:00Z',
    '2026-02-16T12:00:00Z',
  ]);
});

test('a payment that succeeds at once makes the change, and nobody hears that it was pending', async () => {
  const upgrade = await newUpgrade('pm_card_visa');
  const { stripe, id, seats } = upgrade;
  expect(await stripe.subscriptions.update(id, seats(3))).toMatchObject({
    items: { data: [{ quantity: 3 }] },
    pending_update: null,
  });
  expect(await toldOf(upgrade)).toEqual([['01-16T12:00', 'sub.updated', [3, null]]]);
  expect(await takenOf(upgrade)).toEqual([
    [2000, 'succeeded'],
    [2000, 'succeeded'],
  ]);
});

test('a change that is not paid within 23 hours is given up, and costs nothing', async () => {
  const upgrade = await newUpgrade(DECLINES);
  const { stripe, clock, customer, id, seats } = upgrade;
  // What is pending for others is not on an invoice that may never count.
  await stripe.invoiceItems.create({ customer: customer.id, amount: 300, currency: 'usd' });
  expect(await stripe.subscriptions.update(id, seats(2))).toMatchObject({
    status: 'active',
    items: { data: [{ quantity: 1 }] },
  });
  await advance(stripe, clock, '2026-01-17T10:59:59Z');
  expect((await read(upgrade)).pending_update).not.toBeNull();
  await advance(stripe, clock, '2026-01-17T11:00:00Z');
  expect(await read(upgrade)).toMatchObject({
    status: 'active',
    pending_update: null,
    items: { data: [{ quantity: 1 }] },
  });
  expect(await toldOf(upgrade)).toEqual([
    ['01-16T12:00', 'sub.updated', [1, 2]],
    ['01-17T11:00', 'invoice.voided', 1000],
    ['01-17T11:00', 'sub.updated', [1, null]],
    ['01-17T11:00', 'sub.pending_update_expired', [1, null]],
  ]);
  await payBy(upgrade, 'pm_card_visa');
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  // It was not tried again, and what is due is one seat and what was pending.
  expect(await takenOf(upgrade)).toEqual([
    [2000, 'succeeded'],
    [1000, 'failed'],
    [2300, 'succeeded'],
  ]);
  expect(await findingsOf(upgrade)).toEqual([]);
});

test('another change takes the place of the one that is pending', async () => {
  const upgrade = await newUpgrade(DECLINES);
  const { stripe, clock, id, itemId, seats } = upgrade;
  const first = await stripe.subscriptions.update(id, seats(2));
  await advance(stripe, clock, '2026-01-16T22:00:00Z');
  const second = await stripe.subscriptions.update(id, seats(5));
  expect(second.pending_update).toMatchObject({ subscription_items: [{ quantity: 5 }] });
  expect(text(second.pending_update!.expires_at)).toBe('2026-01-17T21:00:00Z');
  // Of 744 hours 362 are left: of 20 USD 973.12 cents are given back, and of 100 USD 4865.59 debited.
  expect(await duesOf(upgrade)).toEqual([
    ['paid', 2000],
    ['void', 1000],
    ['open', 4866 - 973],
  ]);
  expect(await errorOf(stripe.invoices.pay(first.latest_invoice as string))).toMatchObject({ status: 400 });
  const visa = await payBy(upgrade, 'pm_card_visa');
  await stripe.invoices.pay(second.latest_invoice as string, { payment_method: visa });
  expect(await read(upgrade)).toMatchObject({ pending_update: null, items: { data: [{ id: itemId, quantity: 5 }] } });
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect(await takenOf(upgrade)).toEqual([
    [2000, 'succeeded'],
    [1000, 'failed'],
    [3893, 'failed'],
    [3893, 'succeeded'],
    [10_000, 'succeeded'],
  ]);
  expect(await findingsOf(upgrade)).toEqual([]);
});

test('voiding its invoice takes a change back; a change of another kind gives it up; a cancellation too', async () => {
  const upgrade = await newUpgrade(DECLINES);
  const { stripe, id, seats } = upgrade;
  const first = await stripe.subscriptions.update(id, seats(2));
  await stripe.invoices.voidInvoice(first.latest_invoice as string);
  expect(await read(upgrade)).toMatchObject({ pending_update: null, items: { data: [{ quantity: 1 }] } });
  await stripe.subscriptions.update(id, seats(3));
  // What the change is not about leaves it pending.
  const described = await stripe.subscriptions.update(id, { description: 'Seats' });
  expect(described.pending_update).toMatchObject({ subscription_items: [{ quantity: 3 }] });
  await stripe.subscriptions.update(id, {
    ...seats(4),
    payment_behavior: 'allow_incomplete',
    proration_behavior: 'none',
  });
  expect(await read(upgrade)).toMatchObject({
    pending_update: null,
    description: 'Seats',
    items: { data: [{ quantity: 4 }] },
  });
  await stripe.subscriptions.update(id, seats(5));
  expect(await stripe.subscriptions.cancel(id)).toMatchObject({ status: 'canceled', pending_update: null });
  expect((await invoicesOf(upgrade)).map(({ status }) => status)).toEqual(['paid', 'void', 'void', 'void']);
  expect((await toldOf(upgrade)).map(([, ...rest]) => rest)).toEqual([
    ['sub.updated', [1, 2]],
    ['invoice.voided', 1000],
    ['sub.updated', [1, null]],
    ['sub.updated', [1, 3]],
    ['sub.updated', [1, 3]],
    ['invoice.voided', 2000],
    ['sub.updated', [1, null]],
    ['sub.pending_update_expired', [1, null]],
    ['sub.updated', [4, null]],
    ['sub.updated', [4, 5]],
    // A seat of 20 USD was debited, although there were four: half of it is given back, and of five debited.
    ['invoice.voided', 4000],
    ['sub.deleted', [4, null]],
  ]);
  expect(await findingsOf(upgrade)).toEqual([]);
});

test('an item that is added or changed waits as well, and can be asked for by nobody before', async () => {
  const upgrade = await newUpgrade(DECLINES);
  const { stripe, id, itemId } = upgrade;
  const extra = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 500,
    recurring: { interval: 'month' },
    product_data: { name: 'Extra' },
  });
  const added = await stripe.subscriptionItems.create({ subscription: id, price: extra.id, quantity: 4, ...PENDING });
  expect(added).toMatchObject({ object: 'subscription_item', quantity: 4, price: { id: extra.id } });
  expect(await errorOf(stripe.subscriptionItems.retrieve(added.id))).toMatchObject({ code: 'resource_missing' });
  const waiting = await read(upgrade);
  expect(waiting.items.data.map((item) => item.id)).toEqual([itemId]);
  const visa = await payBy(upgrade, 'pm_card_visa');
  await stripe.invoices.pay(waiting.latest_invoice as string, { payment_method: visa });
  expect((await read(upgrade)).items.data.map((item) => item.id)).toEqual([itemId, added.id]);
  await payBy(upgrade, DECLINES);
  const changed = await stripe.subscriptionItems.update(itemId, { quantity: 2, ...PENDING });
  expect(changed).toMatchObject({ id: itemId, quantity: 1 });
  expect((await read(upgrade)).pending_update?.subscription_items).toMatchObject([
    { id: itemId, quantity: 2 },
    { id: added.id, quantity: 4 },
  ]);
  expect(await takenOf(upgrade)).toEqual([
    [2000, 'succeeded'],
    [1000, 'failed'],
    [1000, 'succeeded'],
    [1000, 'failed'],
  ]);
  expect(await errorOf(stripe.subscriptionItems.del(itemId, PENDING))).toMatchObject({ param: 'payment_behavior' });
});

test('what can not wait is refused by name, and leaves what is pending as it was', async () => {
  const upgrade = await newUpgrade(DECLINES);
  const { stripe, id, itemId, seats } = upgrade;
  const before = await stripe.subscriptions.update(id, seats(2));
  const refused = async (params: Stripe.SubscriptionUpdateParams) =>
    await errorOf(stripe.subscriptions.update(id, { ...seats(3), ...params }));
  expect(await refused({ description: 'Three' })).toMatchObject({ status: 400, param: 'description' });
  expect(await refused({ items: [{ id: itemId, quantity: 3, metadata: { a: 'b' } }] })).toMatchObject({
    status: 400,
    param: 'items[0][metadata]',
    message:
      'When `payment_behavior` is set to `pending_if_incomplete`, you can only pass supported params. `metadata` is not supported.',
  });
  await payBy(upgrade, 'pm_usBankAccount');
  expect(await refused({})).toMatchObject({ status: 400, param: 'payment_behavior' });
  const sent = { collection_method: 'send_invoice', days_until_due: 30 } as const;
  const other = await subscribe(upgrade, sent);
  expect(
    await errorOf(stripe.subscriptions.update(other.id, { ...PENDING, proration_behavior: 'none' })),
  ).toMatchObject({
    status: 400,
    param: 'payment_behavior',
  });
  expect(await read(upgrade)).toEqual(before);
});
