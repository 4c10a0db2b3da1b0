import { type RawBuilder, sql } from 'kysely';
import type { StoredShare } from './prorations.ts';
import type { Queryable } from '../db/pool.ts';

/** What is audited, as it is stored: amounts are bigints, decimals text. */
export type StoredInvoice = {
  readonly account_id: string;
  readonly id: string;
  readonly customer_id: string;
  readonly status: string;
  readonly number: string | null;
  readonly currency: string;
  readonly subtotal: bigint;
  readonly total: bigint;
  readonly discounts: readonly StoredDiscount[];
  /** The default rates, as the tax rates themselves have them. */
  readonly rates: readonly StoredRate[];
  readonly tax_rounding: string;
  readonly taxes: readonly StoredTax[];
  readonly subtotal_excluding_tax: bigint;
  readonly total_excluding_tax: bigint;
  /** What a final invoice keeps of its customer; null for a draft. */
  readonly tax_exempt: string | null;
  readonly starting_balance: bigint;
  /** Null for a draft. */
  readonly ending_balance: bigint | null;
  /** What the transactions of the customer's balance say that the invoice changed, and gave back when it was voided. */
  readonly balance_changed: bigint;
  readonly balance_returned: bigint;
  readonly amount_due: bigint;
  readonly amount_paid: bigint;
  readonly pre_payment_credit_notes_amount: bigint;
  readonly post_payment_credit_notes_amount: bigint;
  readonly created_at: Temporal.Instant;
  readonly finalized_at: Temporal.Instant | null;
  readonly test_clock_id: string | null;
};

/** A discount of an invoice with its terms; amounts are text. */
export type StoredDiscount = {
  readonly id: string;
  /** The subscription item or invoice item whose lines alone it is on; missing or null for the whole invoice. */
  readonly itemId?: string | null;
  readonly percentOff: string | null;
  readonly amountOff: string | null;
  readonly productIds: readonly string[] | null;
  readonly amount: string;
};

export type StoredRate = { readonly id: string; readonly percentage: string; readonly inclusive: boolean };

/** What a rate makes of a line or an invoice; `id` is the rate's, amounts are text. */
export type StoredTax = {
  readonly id: string;
  readonly inclusive: boolean;
  readonly amount: string;
  readonly taxableAmount: string;
  readonly reason: string;
};

export type StoredLine = {
  readonly id: string;
  readonly invoice_id: string;
  readonly subscription_item_id: string | null;
  readonly invoice_item_id: string | null;
  readonly price_id: string | null;
  readonly product_id: string | null;
  readonly discountable: boolean;
  readonly discounts: readonly { readonly id: string; readonly amount: string }[];
  /** Its own, as the tax rates themselves have them. */
  readonly rates: readonly StoredRate[];
  readonly taxes: readonly StoredTax[];
  readonly amount_excluding_tax: bigint;
  readonly description: string | null;
  readonly amount: bigint;
  readonly quantity: string;
  /** On a line of late usage: what was billed of its item and period before. */
  readonly billed_before: string | null;
  readonly unit_amount: string;
  readonly period_start_at: Temporal.Instant;
  readonly period_end_at: Temporal.Instant;
  /** Set on a line of a free trial. */
  readonly free_trial: string | null;
  /** Of a proration that is an invoice item: what it is a share of. */
  readonly prorated_of: StoredShare | null;
  /** What discounts left of the debit that it names, if that is stored. */
  readonly credited_amount: bigint | null;
  /** When its invoice item was made. */
  readonly item_created_at: Temporal.Instant | null;
  /** Where the line bills a share of a longer period: that. */
  readonly whole_period_start_at: Temporal.Instant | null;
  readonly whole_period_end_at: Temporal.Instant | null;
  /** What threshold invoices billed before of the usage of its item and period. */
  readonly billed_so_far: string | null;
  /** What the invoice item of the line says of itself; null where the line has none, or it is not on this invoice. */
  readonly item_amount: bigint | null;
  readonly item_quantity: string | null;
  /** The ids of its own rates. */
  readonly item_rates: readonly string[] | null;
};

export type StoredTier = {
  readonly up_to: string | null;
  readonly unit_amount: string | null;
  readonly flat_amount: string | null;
};

export type StoredPrice = {
  readonly id: string;
  readonly currency: string;
  readonly unit_amount: string | null;
  readonly tiers_mode: 'graduated' | 'volume' | null;
  readonly tiers: readonly StoredTier[] | null;
  readonly transform_divide_by: bigint | null;
  readonly transform_round: 'up' | 'down' | null;
  readonly currency_options: Readonly<
    Record<string, { readonly unit_amount: string | null; readonly tiers: readonly StoredTier[] | null }>
  >;
  readonly meter_id: string | null;
  readonly dimension_filter: Readonly<Record<string, string>>;
};

export type StoredMeter = {
  readonly id: string;
  readonly formula: string;
  readonly event_time_window: 'hour' | 'day' | null;
  readonly value_key: string;
};

const BALANCE = sql`
  from customer_balance_transactions t
  where t.account_id = invoices.account_id and t.customer_id = invoices.customer_id and t.invoice_id = invoices.id
`;

/** Tax rates by a list of ids and places, in its order. */
const ratesIn = (accountId: RawBuilder<unknown>, ids: RawBuilder<unknown>) => sql`
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object('id', r.id, 'percentage', trim_scale(r.percentage)::text, 'inclusive', r.inclusive)
        order by g.place
      )
      from ${ids} as g(id, place) join tax_rates r on r.account_id = ${accountId} and r.id = g.id
    ),
    '[]'
  )
`;

const INVOICE = sql`
  account_id, id, customer_id, status, number, currency, subtotal, total, discounts, tax_rounding, taxes,
  subtotal_excluding_tax, total_excluding_tax, customer_snapshot ->> 'taxExempt' as tax_exempt,
  ${ratesIn(sql`invoices.account_id`, sql`unnest(invoices.default_tax_rate_ids) with ordinality`)} as rates,
  starting_balance, ending_balance, amount_due,
  amount_paid, pre_payment_credit_notes_amount, post_payment_credit_notes_amount, created_at, finalized_at, test_clock_id,
  (select coalesce(sum(t.amount), 0)::bigint ${BALANCE} and t.type in (
    'adjustment', 'applied_to_invoice', 'invoice_too_large', 'invoice_too_small'
  )) as balance_changed,
  (select coalesce(sum(t.amount), 0)::bigint ${BALANCE} and t.type = 'unapplied_from_invoice') as balance_returned
`;

/** An invoice of an account. */
export async function findStoredInvoice(
  db: Queryable,
  accountId: string,
  id: string,
): Promise<StoredInvoice | undefined> {
  const { rows } = await sql<StoredInvoice>`
    select ${INVOICE} from invoices where account_id = ${accountId} and id = ${id}
  `.execute(db);
  return rows[0];
}

/** The invoices of an account that follow an id, in the order of their ids. */
export async function storedInvoicesAfter(
  db: Queryable,
  accountId: string,
  after: string,
  limit: number,
): Promise<StoredInvoice[]> {
  const { rows } = await sql<StoredInvoice>`
    select ${INVOICE} from invoices where account_id = ${accountId} and id > ${after} order by id limit ${limit}
  `.execute(db);
  return rows;
}

const RATES_OF_LINE = sql`(
  select e.rate ->> 'id', e.place from jsonb_array_elements(l.tax_rates) with ordinality as e(rate, place)
)`;

/** What discounts left of the lines, or of the invoice item, that a credit gives back. */
const CREDITED = sql`coalesce(
  (
    select sum(d.amount - coalesce((select sum((t ->> 'amount')::bigint) from jsonb_array_elements(d.discounts) t), 0))
    from invoice_lines d
    where d.account_id = l.account_id
      and d.id in (select jsonb_array_elements_text(l.credited_items -> 'lineIds'))
  ),
  (select d.amount from invoice_items d where d.account_id = l.account_id and d.id = l.credited_items ->> 'invoiceItem')
)::bigint`;

/** All lines of some invoices, by invoice and place. */
export async function storedLines(
  db: Queryable,
  accountId: string,
  invoiceIds: readonly string[],
): Promise<StoredLine[]> {
  const { rows } = await sql<StoredLine>`
    select l.id, l.invoice_id, l.subscription_item_id, l.invoice_item_id, l.price_id, l.product_id, l.discountable,
      l.discounts, l.taxes, l.amount_excluding_tax, l.description, l.amount,
      ${ratesIn(sql`l.account_id`, RATES_OF_LINE)} as rates, i.tax_rate_ids as item_rates,
      trim_scale(l.quantity)::text as quantity, trim_scale(l.billed_before)::text as billed_before,
      trim_scale(l.billed_so_far)::text as billed_so_far, trim_scale(l.unit_amount)::text as unit_amount,
      l.prorated_of, ${CREDITED} as credited_amount,
      i.created_at as item_created_at, l.period_start_at, l.period_end_at, l.free_trial, l.whole_period_start_at, l.whole_period_end_at, i.amount as item_amount, trim_scale(i.quantity)::text as item_quantity
    from invoice_lines l
    left join invoice_items i on i.account_id = l.account_id and i.id = l.invoice_item_id and i.invoice_id = l.invoice_id
    where l.account_id = ${accountId} and l.invoice_id = any (${[...invoiceIds]}::text[])
    order by l.invoice_id, l.position
  `.execute(db);
  return rows;
}

/** Invoice items that name an invoice which has no line of them. */
export async function itemsWithoutLine(
  db: Queryable,
  accountId: string,
): Promise<{ id: string; invoice_id: string }[]> {
  const { rows } = await sql<{ id: string; invoice_id: string }>`
    select i.id, i.invoice_id from invoice_items i
    where i.account_id = ${accountId} and i.invoice_id is not null and not exists (
      select from invoice_lines l
      where l.account_id = i.account_id and l.invoice_item_id = i.id and l.invoice_id = i.invoice_id
    )
  `.execute(db);
  return rows;
}

/** The prices of these ids. */
export async function storedPrices(db: Queryable, accountId: string, ids: readonly string[]): Promise<StoredPrice[]> {
  const { rows } = await sql<StoredPrice>`
    select id, currency, trim_scale(unit_amount)::text as unit_amount, tiers_mode, tiers, transform_divide_by,
      transform_round, currency_options, meter_id, dimension_filter
    from prices where account_id = ${accountId} and id = any (${[...ids]}::text[])
  `.execute(db);
  return rows;
}

/** The meters of these ids. */
export async function storedMeters(db: Queryable, accountId: string, ids: readonly string[]): Promise<StoredMeter[]> {
  const { rows } = await sql<StoredMeter>`
    select id, formula, event_time_window, value_key from meters
    where account_id = ${accountId} and id = any (${[...ids]}::text[])
  `.execute(db);
  return rows;
}
