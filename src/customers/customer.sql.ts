import type { Insertable, Selectable } from 'kysely';
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
    currency: row.currency,
    metadata: row.metadata as Metadata,
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
    currency: customer.currency,
    metadata: JSON.stringify(customer.metadata),
    created_at: customer.createdAt,
    deleted_at: customer.deletedAt,
  };
}

export async function insertCustomer(scope: Scope, customer: Customer): Promise<void> {
  await explainConflict(customer, () => scope.db.insertInto('customers').values(toRow(scope, customer)).execute());
}

export async function updateCustomer(scope: Scope, customer: Customer): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, customer);
  await explainConflict(customer, () =>
    updateTable(scope, 'customers').set(columns).where('id', '=', customer.id).execute(),
  );
}

async function explainConflict(customer: Customer, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (brokenConstraint(error) !== 'customers_invoice_prefix_key') throw error;
    throw invalidRequest(
      `The invoice prefix ${customer.invoicePrefix} is already used by another customer.`,
      'invoice_prefix',
      'resource_already_exists',
    );
  }
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

export async function findCustomers(scope: Scope, ids: readonly string[]): Promise<Customer[]> {
  const rows = await selectFrom(scope, 'customers').selectAll().where('id', 'in', ids).execute();
  return rows.map(toCustomer);
}
