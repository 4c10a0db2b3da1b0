import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import type { Debit } from './debit.ts';

type Row = {
  readonly subscription_item_id: string;
  readonly invoice_id: string | null;
  readonly line_id: string | null;
  readonly invoice_item_id: string | null;
  readonly price_id: string;
  readonly product_id: string;
  readonly quantity: string;
  readonly amount: bigint;
  readonly discount: bigint;
  readonly period_start_at: Temporal.Instant;
  readonly period_end_at: Temporal.Instant;
  readonly credited: readonly { readonly start: string; readonly end: string }[];
  readonly tax_rate_ids: readonly string[] | null;
  readonly has_own_taxes: boolean;
};

/** Whose debits: of a customer's subscription. */
type DebitsOf = { readonly id: string; readonly customerId: string };

/**
 * What was debited for the licensed items of a subscription beyond a time: the lines of its invoices, but for those that
 * are void or of changes that wait for their payment, and the prorations of its items, pending or invoiced. Oldest first.
 */
export async function findDebits(
  scope: Scope,
  { id, customerId }: DebitsOf,
  after: Temporal.Instant,
): Promise<Debit[]> {
  const accountId = scope.account.id;
  // What no credit names was not given back. A credit names a line, or an item that was pending then.
  const { rows } = await sql<Row>`
    with prorations as (
      select i.*, l.id as line_id, l.taxes as line_taxes
      from invoice_items i
      left join invoices v on v.account_id = i.account_id and v.id = i.invoice_id
      left join invoice_lines l
        on l.account_id = i.account_id and l.invoice_id = i.invoice_id and l.invoice_item_id = i.id
      where i.account_id = ${accountId} and i.customer_id = ${customerId} and i.subscription_id = ${id}
        and i.proration and i.subscription_item_id is not null and v.status is distinct from 'void'
        and (v.of_pending_update is not true or v.status = 'paid')
    ),
    debits as (
      select l.subscription_item_id, l.invoice_id, l.id as line_id, null as invoice_item_id, l.price_id, l.product_id,
        trim_scale(l.quantity)::text as quantity,
        (l.amount - t.discount)::bigint as amount, t.discount,
        l.period_start_at, l.period_end_at,
        (select array_agg(t ->> 'id') from jsonb_array_elements(l.taxes) as t) as tax_rate_ids,
        true as has_own_taxes, v.created_at
      from invoices v
      join invoice_lines l on l.account_id = v.account_id and l.invoice_id = v.id
      cross join lateral (
        select coalesce(sum((d ->> 'amount')::bigint), 0)::bigint as discount from jsonb_array_elements(l.discounts) as d
      ) as t
      join prices p on p.account_id = l.account_id and p.id = l.price_id
      where v.account_id = ${accountId} and v.subscription_id = ${id} and v.status <> 'void'
        and (not v.of_pending_update or v.status = 'paid')
        and l.subscription_item_id is not null and l.invoice_item_id is null and p.meter_id is null
        and l.period_end_at > ${after}
      union all
      select i.subscription_item_id, i.invoice_id, i.line_id, i.id, i.price_id, i.product_id,
        trim_scale(i.quantity)::text, i.amount, 0::bigint, i.period_start_at, i.period_end_at,
        coalesce((select array_agg(t ->> 'id') from jsonb_array_elements(i.line_taxes) as t), i.tax_rate_ids),
        i.line_id is not null or coalesce((i.prorated_of -> 'hasOwnTaxes')::boolean, false), i.created_at
      from prorations i
      where i.amount > 0 and i.price_id is not null and i.period_end_at > ${after}
    )
    select d.*, (
      select coalesce(jsonb_agg(jsonb_build_object('start', c.period_start_at, 'end', c.period_end_at)), '[]')
      from prorations c
      where c.credited_items ->> 'invoiceItem' = d.invoice_item_id or c.credited_items -> 'lineIds' ? d.line_id
    ) as credited
    from debits d
    -- What a change debits comes after the invoice of the same moment.
    order by d.created_at, d.invoice_item_id is not null, coalesce(d.invoice_item_id, d.line_id)
  `.execute(scope.db);
  // The tiers of a price are lines of their own, and one debit; a tier that costs nothing has its units.
  const debits = [...Map.groupBy(rows, sourceOf).values()].map(toDebit);
  return debits.filter(({ amount }) => amount > 0n);
}

function sourceOf(row: Row): string {
  const {
    subscription_item_id: itemId,
    price_id: priceId,
    invoice_id: invoiceId,
    invoice_item_id: invoiceItemId,
  } = row;
  return [itemId, priceId, invoiceItemId ?? invoiceId, row.period_start_at, row.period_end_at].join(' ');
}

function toDebit(rows: readonly Row[]): Debit {
  const [row] = rows;
  assert(row !== undefined, 'a debit has at least one line');
  const { invoice_id: invoice, invoice_item_id: invoiceItem } = row;
  const lineIds = rows.flatMap((each) => each.line_id ?? []);
  return {
    subscriptionItemId: row.subscription_item_id,
    source: invoice === null || lineIds.length === 0 ? { invoiceItem: invoiceItem ?? '' } : { invoice, lineIds },
    priceId: row.price_id,
    productId: row.product_id,
    quantity: rows.reduce((sum, each) => sum + BigInt(each.quantity), 0n),
    amount: rows.reduce((sum, each) => sum + each.amount, 0n),
    discount: rows.reduce((sum, each) => sum + each.discount, 0n),
    period: { start: row.period_start_at, end: row.period_end_at },
    credited: row.credited.map(({ start, end }) => ({
      start: Temporal.Instant.from(start),
      end: Temporal.Instant.from(end),
    })),
    taxRateIds: row.tax_rate_ids ?? [],
    hasOwnTaxes: row.has_own_taxes,
  };
}
