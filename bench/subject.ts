import pg from 'pg';
import { Stripe } from 'stripe';
import { newId } from '../src/stripe/ids.ts';
import type { BenchServer } from './server.ts';
import { copyCustomer } from './subject.sql.ts';

/** Customers that share the load. */
const CUSTOMERS = 10_000;

/** What events are about: a sum meter `tokens` with a price, and the customers. The first customer gets the most. */
export type Subject = { readonly meter: string; readonly price: string; readonly customers: readonly string[] };

export function clientOf({ port, secretKey }: BenchServer): Stripe {
  return new Stripe(secretKey, { host: '127.0.0.1', port, protocol: 'http', telemetry: false });
}

/** Makes meter, price and one customer through the API, and 10,000 copies of that customer in the database. */
export async function prepareSubject(server: BenchServer, customers = CUSTOMERS): Promise<Subject> {
  const stripe = clientOf(server);
  const meter = await stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
  });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 4,
    transform_quantity: { divide_by: 100, round: 'up' },
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    product_data: { name: 'Tokens' },
  });
  const template = await stripe.customers.create({ name: 'Bench' });
  const ids = Array.from({ length: customers }, () => newId('customer'));
  await onDatabase(server.databaseUrl, (db) => copyCustomer(db, template.id, ids));
  return { meter: meter.id, price: price.id, customers: ids };
}

/** A token that opens the event stream for 15 minutes. */
export async function openSession(server: BenchServer): Promise<string> {
  return (await clientOf(server).v2.billing.meterEventSession.create()).authentication_token;
}

/** Runs `work` on a connection of its own. */
export async function onDatabase<T>(url: string, work: (db: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The address of another database of the same PostgreSQL. */
export function siblingUrl(url: string, name: string): string {
  const sibling = new URL(url);
  sibling.pathname = `/${name}`;
  return sibling.href;
}
