import type Stripe from 'stripe';
import { advance, invoicesOf, newClockShop, read, useAt } from './clock-shop.ts';
import { meteredPrice } from './shop.ts';

/**
 * A shop with a policy for late usage, whose customer used 100 units of a monthly price (0.04 USD each unless told) in
 * January. Its clock stands at February 10, when January's invoice is final.
 */
export async function newLateShop(
  policy: 'drop' | 'next_invoice' | undefined,
  terms: Parameters<typeof meteredPrice>[2] = {},
) {
  const shop = await newClockShop('2026-01-01T00:00:00Z');
  const { account, stripe, meter, customer, clock } = shop;
  if (policy !== undefined) await setPolicy(shop, policy);
  const price = await meteredPrice(stripe, meter.id, terms);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
    billing_mode: { type: 'flexible' },
  });
  await advance(stripe, clock, '2026-01-20T00:00:00Z');
  await useAt(stripe, meter, customer.id, 100, '2026-01-10T00:00:00Z');
  await advance(stripe, clock, '2026-02-10T00:00:00Z');
  return { ...shop, account, price, subscription };
}

export type LateShop = Awaited<ReturnType<typeof newLateShop>>;

export async function setPolicy({ account }: Pick<LateShop, 'account'>, policy: string): Promise<void> {
  await account.request('POST', '/v1/usance/billing_settings', { late_usage: policy });
}

/** Sends usage of January; the last of the month unless told otherwise. */
export async function useLate(shop: LateShop, value: number, at = '2026-01-31T23:59:59Z') {
  return await useAt(shop.stripe, shop.meter, shop.customer.id, value, at);
}

/** Descriptions and amounts of the lines of each invoice, oldest first. */
export async function billed({ stripe, customer }: LateShop): Promise<unknown[]> {
  return (await invoicesOf(stripe, customer.id)).map((invoice: Stripe.Invoice) => read(invoice));
}

/** The late usage that is listed. */
export async function lateOf({ account }: LateShop, params: Record<string, string> = {}) {
  return (await account.request('GET', '/v1/usance/late_usage', params)).body.data as Record<string, unknown>[];
}

/** What became of it: status, what is used, billed and open, and what that costs. */
export async function fates(shop: LateShop, params: Record<string, string> = {}): Promise<unknown[]> {
  return (await lateOf(shop, params)).map((late) => [
    late['status'],
    late['quantity_used'],
    late['quantity_billed'],
    late['quantity'],
    late['amount'],
  ]);
}
