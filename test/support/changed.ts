import type Stripe from 'stripe';
import { expect } from 'vitest';
import { openDatabase } from '../../src/db/pool.ts';
import type { TestAccount } from './account.ts';
import { invoicesOf, newClockShop } from './clock-shop.ts';
import { invoiceDifferences } from './invoice-differences.ts';
import { licensedPrice } from './shop.ts';
import { testServer } from './test-server.ts';

/** How invoices of these stories are collected: nothing needs to be paid with. */
export const SENT = { collection_method: 'send_invoice', days_until_due: 30 } as const;

/** A shop on a clock with plans by name, monthly and in US cents unless told otherwise. */
export async function newPlans<N extends string>(start: string, amounts: Readonly<Record<N, number>>) {
  const shop = await newClockShop(start);
  const entries = Object.entries<number>(amounts).map(async ([name, unit_amount]) => [
    name,
    await licensedPrice(shop.stripe, { unit_amount, product_data: { name } }),
  ]);
  return { ...shop, plans: Object.fromEntries(await Promise.all(entries)) as Record<N, Stripe.Price> };
}

/** What is pending of a customer, as it will be read on an invoice. */
export async function pendingOf(stripe: Stripe, customerId: string): Promise<unknown[]> {
  const items = await stripe.invoiceItems.list({ customer: customerId, pending: true, limit: 100 });
  return items.data.map(({ description, amount }) => [description, amount]);
}

/** Nothing that the auditor recomputes differs, and every invoice can be explained. Usage on clocks it may not know. */
export async function expectAudited(account: TestAccount, customerId: string): Promise<void> {
  const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
  try {
    const told = await invoiceDifferences(database, account.accountId);
    expect(told.filter((line) => !line.startsWith('unchecked'))).toEqual([]);
  } finally {
    await database.close();
  }
  for (const { id } of await invoicesOf(account.stripe, customerId)) {
    const { body } = await account.request('GET', `/v1/usance/invoices/${id}/explain`);
    expect(body).toMatchObject({ object: 'usance.invoice_explanation', invoice: id });
  }
}

/** The customer pays by itself from now on, with a card that always works. */
export async function payByCard(stripe: Stripe, customerId: string): Promise<void> {
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customerId });
  await stripe.customers.update(customerId, { invoice_settings: { default_payment_method: method.id } });
}
