import { sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import { listPage, type Page, type PagingParams } from '../stripe/lists.ts';

/** What belongs to a customer and is told of by events. */
const OF_CUSTOMER = [
  'charges',
  'credit_notes',
  'invoice_items',
  'invoices',
  'payment_intents',
  'payment_methods',
  'refunds',
  'setup_intents',
  'subscription_schedules',
  'subscriptions',
  'tax_ids',
] as const;

/** Events about a test clock, its customers and what is theirs, as they were made, newest first. */
export async function listClockEvents(scope: Scope, clockId: string, paging: PagingParams): Promise<Page<'events'>> {
  const account = scope.account.id;
  const customers = sql`select id from customers where account_id = ${account} and test_clock_id = ${clockId}`;
  const theirs = OF_CUSTOMER.map(
    (table) => sql`select id from ${sql.table(table)} where account_id = ${account} and customer_id in (${customers})`,
  );
  const ids = sql.join([sql`select ${clockId}`, customers, ...theirs], sql` union all `);
  return await listPage(scope, {
    table: 'events',
    kind: 'event',
    order: 'made',
    paging,
    refine: (query) => query.where(sql<boolean>`object_id = any(array(${ids}))`),
  });
}
