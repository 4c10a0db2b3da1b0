import { type RawBuilder, sql } from 'kysely';
import type { Scope } from '../../db/scope.ts';
import type { InvoiceStatus } from '../../invoices/invoice.ts';
import { findTaxRates } from '../../catalog/tax_rate.sql.ts';
import { type LineTaxRate, termsOfRates } from '../../invoices/tax.ts';
import { decimal } from '../../money/decimal.ts';
import type { BilledPeriod } from './late_usage.ts';

type Row = {
  invoice_id: string;
  customer_id: string;
  currency: string;
  created_at: Temporal.Instant;
  subscription_id: string;
  has_ended: boolean;
  renewed_at: Temporal.Instant | null;
  subscription_item_id: string;
  price_id: string;
  period_start_at: Temporal.Instant;
  period_end_at: Temporal.Instant;
  line_id: string;
  position: number;
  quantity: string;
  amount: bigint;
  tax_rates: LineTaxRate[];
  bills: { invoice: string; line: string; status: InvoiceStatus; before: string; quantity: string; amount: string }[];
};

function toPeriod(row: Row): BilledPeriod {
  return {
    invoiceId: row.invoice_id,
    lineId: row.line_id,
    position: row.position,
    customerId: row.customer_id,
    currency: row.currency,
    createdAt: row.created_at,
    subscriptionId: row.subscription_id,
    hasEnded: row.has_ended,
    renewedAt: row.renewed_at,
    subscriptionItemId: row.subscription_item_id,
    priceId: row.price_id,
    period: { start: row.period_start_at, end: row.period_end_at },
    quantity: decimal(row.quantity),
    amount: row.amount,
    taxRates: row.tax_rates,
    bills: row.bills.map((bill) => ({
      invoiceId: bill.invoice,
      lineId: bill.line,
      status: bill.status,
      billedBefore: decimal(bill.before),
      quantity: decimal(bill.quantity),
      amount: BigInt(bill.amount),
    })),
  };
}

/** Lines of late usage for the item and period of a line `l`, whatever became of their invoices. */
const LATE_LINES = sql`
  from invoice_lines x join invoices v on v.account_id = x.account_id and v.id = x.invoice_id
  where x.account_id = l.account_id and x.subscription_item_id = l.subscription_item_id
    and x.billed_before is not null and x.price_id = l.price_id
    and x.period_start_at = l.period_start_at and x.period_end_at = l.period_end_at
`;

/** Threshold invoices bill a part of a period, which is billed by the invoice of its end. */
const IS_PART = sql`(l.invoice_item_id is null and i.threshold_reason is not null and l.period_end_at > i.created_at)`;

/** The lines of such parts, of the item and period of a line `l`; void or not, they are not billed again. */
const THRESHOLD_LINES = sql`
  from invoice_lines x join invoices v on v.account_id = x.account_id and v.id = x.invoice_id
  where x.account_id = l.account_id and x.subscription_item_id = l.subscription_item_id and x.invoice_item_id is null
    and x.price_id = l.price_id and x.period_start_at = l.period_start_at
    and v.threshold_reason is not null and v.id <> i.id and x.period_end_at > v.created_at
`;

/** What lines `l` of one item, price and period on an invoice `i` billed together, and what was billed of it late. */
const BILLED = sql`
  s.id as subscription_id, s.ended_at is not null as has_ended, s.renewed_at, l.subscription_item_id, l.price_id,
  l.period_start_at, l.period_end_at, trim_scale(sum(l.quantity) + coalesce(max(l.billed_so_far), 0))::text as quantity,
  (sum(l.amount) + coalesce((select sum(x.amount) ${THRESHOLD_LINES}), 0))::bigint as amount,
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'invoice', v.id, 'line', x.id, 'status', v.status, 'before', trim_scale(x.billed_before)::text,
      'quantity', trim_scale(x.quantity)::text, 'amount', x.amount::text
    ) order by v.created_at, v.id)
    ${LATE_LINES}
  ), '[]') as bills
`;

/** The subscription `s` of a line `l`. */
const SUBSCRIPTION = sql`lateral (
  select s.id, s.ended_at, (
    select max(n.current_period_start_at) from subscription_items n
    where n.account_id = s.account_id and n.subscription_id = s.id
  ) as renewed_at
  from subscriptions s where s.account_id = l.account_id and s.id = l.subscription_id
) s`;

/**
 * What final invoices billed of the usage of each metered item and period, with what was billed of it late: newest invoice
 * first, by the order of its lines. A draft is not final: it follows its usage by itself, but for usage that a change closed,
 * which is an invoice item of what it was then. Usage of a trial is billed to nobody.
 */
async function findPeriods(scope: Scope, condition: RawBuilder<unknown>): Promise<BilledPeriod[]> {
  const { rows } = await sql<Row>`
    select i.id as invoice_id, i.customer_id, i.currency, i.created_at,
      (array_agg(l.id order by l.position))[1] as line_id, min(l.position) as position,
      (array_agg(l.tax_rates order by l.position))[1] as tax_rates, ${BILLED}
    from invoices i
    join invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id
    join prices p on p.account_id = l.account_id and p.id = l.price_id
    cross join ${SUBSCRIPTION}
    where i.account_id = ${scope.account.id} and (not i.of_pending_update or i.status = 'paid')
      and (i.status <> 'draft' or l.invoice_item_id is not null)
      and p.meter_id is not null and l.subscription_item_id is not null and not l.proration
      and l.billed_before is null and l.free_trial is null
      and l.period_start_at < l.period_end_at and not ${IS_PART} and ${condition}
    group by i.account_id, i.id, s.id, s.ended_at, s.renewed_at, l.account_id, l.subscription_item_id, l.price_id,
      l.period_start_at, l.period_end_at
    order by i.created_at desc, i.id desc, min(l.position)
  `.execute(scope.db);
  return rows.map(toPeriod);
}

/** The periods of some invoices; of one meter, where it is named. */
export async function periodsOfInvoices(
  scope: Scope,
  invoiceIds: readonly string[],
  meterId: string | undefined,
): Promise<BilledPeriod[]> {
  const ofMeter = meterId === undefined ? sql`true` : sql`p.meter_id = ${meterId}`;
  return await findPeriods(scope, sql`i.id = any (${[...invoiceIds]}::text[]) and ${ofMeter}`);
}

/**
 * The periods of subscriptions that ended less than so many seconds before the current one began, and those of which a bill
 * of late usage was voided.
 */
export async function periodsToBill(
  scope: Scope,
  subscriptionIds: readonly string[],
  seconds: number,
): Promise<BilledPeriod[]> {
  const recent = sql`l.period_end_at > s.renewed_at - make_interval(secs => ${seconds})`;
  const reopened = sql`exists (select ${LATE_LINES} and v.status = 'void')`;
  const invoiced = await findPeriods(
    scope,
    sql`i.subscription_id = any (${[...subscriptionIds]}::text[]) and (${recent} or ${reopened})`,
  );
  return [...invoiced, ...(await findPending(scope, subscriptionIds))];
}

/** Usage of subscriptions that a change closed and that still waits for an invoice, as periods that it bills: the item stands for a line. */
async function findPending(scope: Scope, subscriptionIds: readonly string[]): Promise<BilledPeriod[]> {
  const { rows } = await sql<Row & { rate_ids: string[] }>`
    select i.id as invoice_id, l.customer_id, l.currency, l.created_at, min(l.id) as line_id, 0 as position,
      '[]'::json as tax_rates, min(l.tax_rate_ids) as rate_ids, ${BILLED}
    from invoice_items l
    join prices p on p.account_id = l.account_id and p.id = l.price_id
    cross join ${SUBSCRIPTION}
    cross join (select '' as id) i
    where l.account_id = ${scope.account.id} and l.subscription_id = any (${[...subscriptionIds]}::text[])
      and l.invoice_id is null and p.meter_id is not null and l.subscription_item_id is not null and not l.proration
    group by i.id, s.id, s.ended_at, s.renewed_at, l.account_id, l.customer_id, l.currency, l.created_at,
      l.subscription_item_id, l.price_id, l.period_start_at, l.period_end_at
  `.execute(scope.db);
  const rates = await findTaxRates(scope, [...new Set(rows.flatMap((row) => row.rate_ids))]);
  const byId = new Map(rates.map((rate) => [rate.id, rate]));
  return rows.map((row) => {
    const taxRates = termsOfRates(row.rate_ids.flatMap((id) => byId.get(id) ?? []));
    return { ...toPeriod(row), taxRates };
  });
}

/** Where a walk over invoices stands: newest first by time and id. */
export type InvoicePlace = { readonly createdAt: Temporal.Instant; readonly invoiceId: string };

export type InvoiceFilter = {
  readonly customerId: string | undefined;
  readonly subscriptionId: string | undefined;
  readonly from?: Temporal.Instant;
  readonly before?: Temporal.Instant;
};

/** The next final invoices of subscriptions from a place on, which may be among them: older ones, or newer ones. */
export async function nextInvoices(
  scope: Scope,
  { customerId, subscriptionId, from, before }: InvoiceFilter,
  walk: { readonly place: InvoicePlace | undefined; readonly newer: boolean; readonly limit: number },
): Promise<InvoicePlace[]> {
  const { place, newer, limit } = walk;
  const [order, compared] = newer ? [sql`asc`, sql`>=`] : [sql`desc`, sql`<=`];
  const conditions = [
    customerId === undefined ? undefined : sql`customer_id = ${customerId}`,
    subscriptionId === undefined ? undefined : sql`subscription_id = ${subscriptionId}`,
    from && sql`created_at >= ${from}`,
    before && sql`created_at < ${before}`,
    place && sql`(created_at, id) ${compared} (${place.createdAt}::timestamptz, ${place.invoiceId})`,
  ].filter((condition) => condition !== undefined);
  const { rows } = await sql<InvoicePlace>`
    select created_at as "createdAt", id as "invoiceId" from invoices
    where account_id = ${scope.account.id} and status <> 'draft' and subscription_id is not null
      and ${conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)}
    order by created_at ${order}, id ${order} limit ${limit}
  `.execute(scope.db);
  return rows;
}

/** Where the line of an invoice stands; undefined where there is none of this id. */
export async function placeOfLine(
  scope: Scope,
  lineId: string,
): Promise<(InvoicePlace & { position: number }) | undefined> {
  const { rows } = await sql<InvoicePlace & { position: number }>`
    select i.created_at as "createdAt", i.id as "invoiceId", l.position
    from invoice_lines l join invoices i on i.account_id = l.account_id and i.id = l.invoice_id
    where l.account_id = ${scope.account.id} and l.id = ${lineId} and l.subscription_item_id is not null
      and l.billed_before is null and i.status <> 'draft'
  `.execute(scope.db);
  return rows[0];
}
