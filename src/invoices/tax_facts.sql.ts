import { sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import type { ShownTaxId, TaxRounding } from './tax.ts';

/** What a new invoice takes over: how the account rounds, and the customer's tax ids, newest first. */
export type TaxFacts = { readonly rounding: TaxRounding; readonly customerTaxIds: readonly ShownTaxId[] };

/** One statement for both, since every invoice that is made or previewed asks. Tax ids belong to an earlier folder. */
export async function findTaxFacts(scope: Scope, customerId: string): Promise<TaxFacts> {
  const accountId = scope.account.id;
  // unscoped: each part names the account
  const { rows } = await sql<{ rounding: TaxRounding; tax_ids: ShownTaxId[] }>`
    select
      coalesce((select tax_rounding from invoice_settings where account_id = ${accountId}), 'line') as rounding,
      coalesce(
        (
          select jsonb_agg(jsonb_build_object('type', type, 'value', value) order by created_at desc, id desc)
          from tax_ids where account_id = ${accountId} and customer_id = ${customerId}
        ),
        '[]'
      ) as tax_ids
  `.execute(scope.db);
  const [row] = rows;
  return { rounding: row?.rounding ?? 'line', customerTaxIds: row?.tax_ids ?? [] };
}
