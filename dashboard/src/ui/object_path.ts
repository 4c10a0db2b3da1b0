import type { Client } from '../api/client.ts';

/** Ids that name a page themselves, by how they begin; longer beginnings first. */
const PAGES: readonly (readonly [string, string])[] = [
  ['cus_', '/customers'],
  ['in_', '/invoices'],
  ['price_', '/prices'],
  ['prod_', '/products'],
  ['mtr_event_', ''],
  ['mtrusg_', ''],
  ['mtr_', '/meters'],
  ['clock_', '/clocks'],
  ['evt_', '/events'],
  ['req_', '/requests'],
  ['sub_sched_', ''],
  ['sub_', '/subscriptions'],
];

/** The page of an object, where its id alone names one; a simulation is looked at on its own clock. */
export function objectPath(id: string): string | undefined {
  const page = PAGES.find(([start]) => id.startsWith(start))?.[1];
  if (!page) return undefined;
  return page === '/clocks' ? `/clocks/${id}?clock=${id}` : `${page}/${id}`;
}

/** Where what has no page of its own is shown: its address in the API, and which of its fields has a page. */
const PARENTS: readonly (readonly [string, string, readonly string[]])[] = [
  ['sub_sched_', '/v1/subscription_schedules', ['subscription', 'customer']],
  ['si_', '/v1/subscription_items', ['subscription']],
  ['ii_', '/v1/invoiceitems', ['invoice', 'customer']],
  ['pi_', '/v1/payment_intents', ['customer']],
  ['ch_', '/v1/charges', ['customer']],
  ['cn_', '/v1/credit_notes', ['invoice']],
  ['pm_', '/v1/payment_methods', ['customer']],
  ['re_', '/v1/refunds', ['charge', 'payment_intent']],
  ['seti_', '/v1/setup_intents', ['customer']],
  ['txi_', '/v1/tax_ids', ['customer']],
  ['inpay_', '/v1/invoice_payments', ['invoice']],
];

/** The page on which something is shown, asking the API what it belongs to; undefined where there is none. */
export async function findPage(client: Client, id: string): Promise<string | undefined> {
  const own = objectPath(id);
  if (own !== undefined) return own;
  const parent = PARENTS.find(([start]) => id.startsWith(start));
  if (parent === undefined) return undefined;
  const [, path, fields] = parent;
  const object = await client.get<Record<string, unknown>>(`${path}/${id}`);
  for (const field of fields) {
    const value = object[field];
    if (typeof value === 'string') return await findPage(client, value);
  }
  return undefined;
}

/** Whether a text can be an id that leads somewhere. */
export function isObjectId(text: string): boolean {
  const starts = [...PAGES.filter(([, page]) => page !== ''), ...PARENTS].map(([start]) => start);
  return (
    /^[A-Za-z0-9_]+$/.test(text) && starts.some((start) => text.startsWith(start) && text.length > start.length + 5)
  );
}
