import type { Json, Remote } from './remote.ts';
import { listAll } from './remote.ts';
import {
  differences,
  expectedCustomer,
  expectedInvoice,
  expectedSubscription,
  toldCustomer,
  toldInvoice,
  toldSubscription,
} from './told.ts';
import type { Invoice, World } from './world.ts';

/**
 * What the server says otherwise than the auditor's world, a line each: balances, and the invoices that were made at `since`
 * or later. A whole audit, of a `since` of 0, also looks at subscriptions and at what is pending.
 */
export async function audit(remote: Remote, world: World, since: number): Promise<string[]> {
  const isWhole = since === 0;
  const subscriptions = isWhole ? await auditSubscriptions(remote, world) : [];
  const customers = await auditCustomers(remote, world, isWhole);
  // Invoices name subscriptions and items, which are known by now.
  const invoices = await Promise.all(world.customers.map(({ name }) => auditInvoices(remote, world, name, since)));
  return [...subscriptions, ...customers, ...invoices.flat()];
}

/** The time from which on invoices may still change. */
export function oldestUnsettled({ invoices, now }: World): number {
  const unsettled = invoices.filter(({ status }) => status !== 'paid' && status !== 'void');
  return Math.min(now, ...unsettled.map(({ createdAt }) => createdAt));
}

async function auditSubscriptions(remote: Remote, world: World): Promise<string[]> {
  const all = await listAll(remote, '/v1/subscriptions', { status: 'all', test_clock: remote.id('clock') });
  const told = all.map((subscription) => toldSubscription(remote, subscription));
  const more = world.subscriptions.length === told.length ? [] : [`${told.length} subscriptions exist`];
  const wrong = world.subscriptions.map((subscription) => {
    const other = told.find(({ name }) => name === subscription.name) ?? {};
    return differences(subscription.name, expectedSubscription(subscription), other);
  });
  return [...more, ...wrong.flat()];
}

async function auditCustomers(remote: Remote, world: World, isWhole: boolean): Promise<string[]> {
  const all = await listAll(remote, '/v1/customers', { test_clock: remote.id('clock') });
  const wrong = world.customers.map(async (customer) => {
    const id = remote.id(customer.name);
    const found = all.find((each) => each.id === id) ?? {};
    const pending = isWhole ? await listAll(remote, '/v1/invoiceitems', { customer: id, pending: true }) : undefined;
    return differences(customer.name, expectedCustomer(world, customer, isWhole), toldCustomer(remote, found, pending));
  });
  return (await Promise.all(wrong)).flat();
}

async function auditInvoices(remote: Remote, world: World, customer: string, since: number): Promise<string[]> {
  const params = {
    customer: remote.id(customer),
    created: { gte: since },
    expand: ['data.parent.subscription_details'],
  };
  const found = (await listAll(remote, '/v1/invoices', { ...params, expand: undefined })).toReversed();
  const expected = world.invoices.filter((invoice) => invoice.customer === customer && invoice.createdAt >= since);
  if (found.length !== expected.length) {
    const [wanted, told] = [expected, found].map((list) => list.length);
    return [
      `${customer} must have ${wanted} invoices since ${since}, and has ${told}:`,
      ...briefly(remote, found, expected),
    ];
  }
  const lists: string[][] = [];
  for (const [place, invoice] of found.entries()) {
    const own = expected[place]!;
    remote.learn(own.name, invoice.id);
    const whole = invoice.lines.has_more === true ? await withAllLines(remote, invoice) : invoice;
    lists.push(differences(own.name, expectedInvoice(world, own), toldInvoice(remote, whole)));
  }
  return lists.flat();
}

async function withAllLines(remote: Remote, invoice: Json): Promise<Json> {
  return { ...invoice, lines: { data: await listAll(remote, `/v1/invoices/${invoice.id}/lines`) } };
}

function briefly(remote: Remote, found: readonly Json[], expected: readonly Invoice[]): string[] {
  const told = found.map((invoice) => {
    const subscription = remote.names.get(invoice.parent?.subscription_details?.subscription);
    return `  is: ${invoice.created} ${subscription ?? 'none'} ${invoice.billing_reason} ${invoice.total}`;
  });
  const wanted = expected.map(
    (invoice) => `  must be: ${invoice.createdAt} ${invoice.subscription ?? 'none'} ${invoice.reason}`,
  );
  return [...wanted, ...told];
}
