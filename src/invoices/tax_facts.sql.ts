import { sql } from 'kysely';
import { textArray } from '../db/binary.ts';
import { PREPARED } from '../db/prepared.ts';
import type { Scope } from '../db/scope.ts';
import type { ShownTaxId, TaxRounding } from './tax.ts';

/** What a new invoice takes over: how the account rounds, and the customer's tax ids, newest first. */
export type TaxFacts = { readonly rounding: TaxRounding; readonly customerTaxIds: readonly ShownTaxId[] };

export async function findTaxFacts(scope: Scope, customerId: string): Promise<TaxFacts> {
  const found = await findTaxFactsOf(scope, [customerId]);
  return found.get(customerId) ?? { rounding: 'line', customerTaxIds: [] };
}

/**
 * The same of any number of customers, by customer. One statement for both, since every invoice that is made or previewed
 * asks. Tax ids belong to an earlier folder.
 */
export async function findTaxFactsOf(scope: Scope, customerIds: readonly string[]): Promise<Map<string, TaxFacts>> {
  const accountId = scope.account.id;
  // unscoped: each part names the account
  const { rows } = await sql<{ customer_id: string; rounding: TaxRounding; tax_ids: ShownTaxId[] }>`${PREPARED}
    select
      w.customer_id,
      coalesce((select tax_rounding from invoice_settings where account_id = ${accountId}), 'line') as rounding,
      coalesce(
        (
          select jsonb_agg(jsonb_build_object('type', type, 'value', value) order by created_at desc, id desc)
          from tax_ids where account_id = ${accountId} and tax_ids.customer_id = w.customer_id
        ),
        '[]'
      ) as tax_ids
    from unnest(${textArray(customerIds, (id) => id)}::text[]) as w(customer_id)
  `.execute(scope.db);
  return new Map(rows.map((row) => [row.customer_id, { rounding: row.rounding, customerTaxIds: row.tax_ids }]));
}
