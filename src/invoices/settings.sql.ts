import type { Selectable } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { InvoiceSettings as Row } from '../db/tables.generated.ts';
import type { InvoiceSettings } from './settings.ts';
import type { TaxRounding } from './tax.ts';

function toSettings(row: Selectable<Row>): InvoiceSettings {
  return {
    numbering: row.numbering,
    numberPrefix: row.number_prefix,
    nextNumberSequence: row.next_number_sequence,
    taxRounding: row.tax_rounding as TaxRounding,
  };
}

/** How an account makes its invoices; undefined where it never said so. */
export async function findSettings(scope: Scope): Promise<InvoiceSettings | undefined> {
  const row = await selectFrom(scope, 'invoice_settings').selectAll().executeTakeFirst();
  return row && toSettings(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockSettings(scope: Scope): Promise<InvoiceSettings | undefined> {
  const row = await selectFrom(scope, 'invoice_settings').selectAll().forUpdate().executeTakeFirst();
  return row && toSettings(row);
}

export async function writeSettings(scope: Scope, settings: InvoiceSettings): Promise<void> {
  const columns = {
    numbering: settings.numbering,
    number_prefix: settings.numberPrefix,
    next_number_sequence: settings.nextNumberSequence,
    tax_rounding: settings.taxRounding,
  };
  await scope.db
    .insertInto('invoice_settings')
    .values({ account_id: scope.account.id, ...columns })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(columns))
    .execute();
}

/** Takes so many of the account's own numbers, from `first` on; other requests wait for the end of this transaction. */
export async function takeAccountSequence(scope: Scope, count: number): Promise<{ prefix: string; first: bigint }> {
  const row = await updateTable(scope, 'invoice_settings')
    .set((eb) => ({ next_number_sequence: eb('next_number_sequence', '+', BigInt(count)) }))
    .returning(['number_prefix', 'next_number_sequence'])
    .executeTakeFirstOrThrow();
  return { prefix: row.number_prefix, first: row.next_number_sequence - BigInt(count) };
}
