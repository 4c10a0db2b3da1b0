import { type Insertable, type Selectable, sql } from 'kysely';
import { textArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { Customers } from '../db/tables.generated.ts';
import { brokenConstraint } from '../db/transaction.ts';
import { invalidRequest } from '../stripe/errors.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Address, CustomField, Customer, Shipping } from './customer.ts';

export function toCustomer(row: Selectable<Customers>): Customer {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    description: row.description,
    phone: row.phone,
    businessName: row.business_name,
    individualName: row.individual_name,
    address: row.address as Address | null,
    shipping: row.shipping as Shipping | null,
    taxExempt: row.tax_exempt,
    preferredLocales: row.preferred_locales,
    invoicePrefix: row.invoice_prefix,
    nextInvoiceSequence: row.next_invoice_sequence,
    invoiceFooter: row.invoice_footer,
    invoiceCustomFields: row.invoice_custom_fields as CustomField[] | null,
    defaultPaymentMethodId: row.default_payment_method_id,
    currency: row.currency,
    balance: row.balance,
    delinquent: row.delinquent,
    metadata: row.metadata as Metadata,
    testClockId: row.test_clock_id,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
  };
}

function toRow(scope: Scope, customer: Customer): Insertable<Customers> {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return {
    account_id: scope.account.id,
    id: customer.id,
    name: customer.name,
    email: customer.email,
    description: customer.description,
    phone: customer.phone,
    business_name: customer.businessName,
    individual_name: customer.individualName,
    address: json(customer.address),
    shipping: json(customer.shipping),
    tax_exempt: customer.taxExempt,
    preferred_locales: [...customer.preferredLocales],
    invoice_prefix: customer.invoicePrefix,
    next_invoice_sequence: customer.nextInvoiceSequence,
    invoice_footer: customer.invoiceFooter,
    invoice_custom_fields: json(customer.invoiceCustomFields),
    default_payment_method_id: customer.defaultPaymentMethodId,
    currency: customer.currency,
    balance: customer.balance,
    delinquent: customer.delinquent,
    metadata: JSON.stringify(customer.metadata),
    test_clock_id: customer.testClockId,
    created_at: customer.createdAt,
    deleted_at: customer.deletedAt,
  };
}

/** Stores a new customer. Throws when another customer has, or once had, its invoice prefix. */
export async function insertCustomer(scope: Scope, customer: Customer): Promise<void> {
  await checkedDefault(customer, () => scope.db.insertInto('customers').values(toRow(scope, customer)).execute());
  await claimInvoicePrefix(scope, customer);
}

/**
 * Writes all of a locked customer. Throws when another customer has, or once had, its invoice prefix, and when its default
 * payment method is not attached to it.
 */
export async function updateCustomer(scope: Scope, customer: Customer): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, customer);
  const update = updateTable(scope, 'customers').set(columns).where('id', '=', customer.id);
  await checkedDefault(customer, () => update.execute());
  await claimInvoicePrefix(scope, customer);
}

/** The database itself sees to it that a default is attached to its customer. */
async function checkedDefault(customer: Customer, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (brokenConstraint(error) !== 'customers_default_payment_method_fkey') throw error;
    throw invalidRequest(
      `The customer does not have a payment method with the ID ${customer.defaultPaymentMethodId}. The payment method must be attached to the customer.`,
      'invoice_settings[default_payment_method]',
      'resource_missing',
    );
  }
}

async function claimInvoicePrefix(scope: Scope, { id, invoicePrefix: prefix }: Customer): Promise<void> {
  await scope.db
    .insertInto('customer_invoice_prefixes')
    .values({ account_id: scope.account.id, prefix, customer_id: id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const owner = await selectFrom(scope, 'customer_invoice_prefixes')
    .select('customer_id')
    .where('prefix', '=', prefix)
    .executeTakeFirst();
  if (owner?.customer_id === id) return;
  throw invalidRequest(
    `The invoice prefix ${prefix} is already used by another customer, or was once.`,
    'invoice_prefix',
    'resource_already_exists',
  );
}

/** Takes a number of each: the customers after it, whose sequences are one higher. Nothing else of the rows is written. */
export async function advanceInvoiceSequences(scope: Scope, ids: readonly string[]): Promise<Customer[]> {
  const rows = await updateTable(scope, 'customers')
    .set((eb) => ({ next_invoice_sequence: eb('next_invoice_sequence', '+', 1n) }))
    .where('id', 'in', ids)
    .returningAll()
    .execute();
  return rows.map(toCustomer);
}

/** Sets the payment method that invoices are charged to, and nothing else. */
export async function updateDefaultPaymentMethod(scope: Scope, id: string, methodId: string | null): Promise<void> {
  await updateTable(scope, 'customers').set({ default_payment_method_id: methodId }).where('id', '=', id).execute();
}

/** Sets the currency in which a customer is billed, and nothing else. */
export async function setCurrency(scope: Scope, id: string, currency: string): Promise<void> {
  await updateTable(scope, 'customers').set({ currency }).where('id', '=', id).execute();
}

/** Says whether a locked customer is behind: the customer after it, or undefined where that changes nothing. */
export async function setDelinquent(scope: Scope, id: string, delinquent: boolean): Promise<Customer | undefined> {
  const row = await updateTable(scope, 'customers')
    .set({ delinquent })
    .where('id', '=', id)
    .where('delinquent', '!=', delinquent)
    .returningAll()
    .executeTakeFirst();
  return row && toCustomer(row);
}

/** Writes the balances of locked customers, and their currencies, and nothing else. */
export async function setBalances(scope: Scope, customers: readonly Customer[]): Promise<void> {
  const texts = (read: (customer: Customer) => string | null) => sql`${textArray(customers, read)}::text[]`;
  await sql`
    update customers set balance = w.balance::bigint, currency = w.currency
    from unnest(${texts(({ id }) => id)}, ${texts(({ balance }) => String(balance))}, ${texts(({ currency }) => currency)})
      as w(id, balance, currency)
    where customers.account_id = ${scope.account.id} and customers.id = w.id
  `.execute(scope.db);
}

/** A customer, deleted or not. */
export async function findCustomer(scope: Scope, id: string): Promise<Customer | undefined> {
  const row = await selectFrom(scope, 'customers').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toCustomer(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockCustomer(scope: Scope, id: string): Promise<Customer | undefined> {
  const row = await selectFrom(scope, 'customers').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toCustomer(row);
}

/** The customers of these ids that exist, held so, in the order of their ids. */
export async function lockCustomers(scope: Scope, ids: readonly string[]): Promise<Customer[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'customers')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map(toCustomer);
}

/** The same, held only against being deleted or locked: what refers to it can be written in the order of locks. */
export async function keepCustomer(scope: Scope, id: string): Promise<Customer | undefined> {
  const row = await selectFrom(scope, 'customers').selectAll().where('id', '=', id).forKeyShare().executeTakeFirst();
  return row && toCustomer(row);
}

export async function findCustomers(scope: Scope, ids: readonly string[]): Promise<Customer[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'customers').selectAll().where('id', 'in', ids).execute();
  return rows.map(toCustomer);
}

/** The customers on a clock that are not deleted, oldest first. */
export async function findIdsOnClock(scope: Scope, testClockId: string): Promise<string[]> {
  const rows = await selectFrom(scope, 'customers')
    .select('id')
    .where('test_clock_id', '=', testClockId)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

/** What time it is for the customers of accounts that live on clocks, in unix milliseconds: by account, then customer. */
export async function findClockTimes(
  db: Queryable,
  accountIds: readonly string[],
): Promise<Map<string, Map<string, number>>> {
  const rows = await db
    // unscoped: ingest writes for many accounts at once
    .selectFrom('customers')
    .innerJoin('test_clocks', (join) =>
      join
        .onRef('test_clocks.account_id', '=', 'customers.account_id')
        .onRef('test_clocks.id', '=', 'customers.test_clock_id'),
    )
    .select(['customers.account_id', 'customers.id', 'test_clocks.frozen_at'])
    .where('customers.account_id', 'in', accountIds)
    .where('customers.test_clock_id', 'is not', null)
    .where('customers.deleted_at', 'is', null)
    .execute();
  const byAccount = Map.groupBy(rows, (row) => row.account_id);
  return new Map(
    [...byAccount].map(([account, found]) => [
      account,
      new Map(found.map((row) => [row.id, row.frozen_at.epochMilliseconds])),
    ]),
  );
}
