import { type RawBuilder, sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import type { SharedMeter } from './shared_meter.ts';

/** Which are asked for; undefined: all. */
export type SharedMeterFilter = { readonly customerId: string | undefined; readonly meterId: string | undefined };

/** A part of a list, which goes by customer, then by meter, the newest first; `newer` goes the other way. */
export type SharedMeterPage = {
  readonly after: Pick<SharedMeter, 'customerId' | 'meterId'> | undefined;
  readonly newer: boolean;
  readonly limit: number;
};

/**
 * Meters that several items of a customer bill, of subscriptions that have not ended. Two items share nothing where their
 * prices ask for different values of one dimension: then the union of both filters, which has the value of the second,
 * does not contain the first.
 */
export async function findSharedMeters(
  scope: Scope,
  { customerId, meterId }: SharedMeterFilter,
  page: SharedMeterPage | undefined,
): Promise<SharedMeter[]> {
  const ofCustomer = customerId === undefined ? sql`true` : sql`s.customer_id = ${customerId}`;
  const ofMeter = meterId === undefined ? sql`true` : sql`p.meter_id = ${meterId}`;
  const { rows } = await sql<SharedMeter>`
    with metered as materialized (
      select s.customer_id, p.meter_id, s.id as subscription_id, i.id, i.price_id, i.created_at,
        p.dimension_filter as filter
      from subscriptions s
      join subscription_items i on i.account_id = s.account_id and i.subscription_id = s.id
      join prices p on p.account_id = i.account_id and p.id = i.price_id
      where s.account_id = ${scope.account.id} and s.ended_at is null and p.meter_id is not null
        and ${ofCustomer} and ${ofMeter}
    )
    select a.customer_id as "customerId", a.meter_id as "meterId", jsonb_agg(jsonb_build_object(
      'subscriptionId', a.subscription_id, 'itemId', a.id, 'priceId', a.price_id, 'dimensionFilter', a.filter
    ) order by a.created_at, a.id) as items
    from metered a
    where exists (
      select from metered b
      where b.customer_id = a.customer_id and b.meter_id = a.meter_id and b.id <> a.id
        and (a.filter || b.filter) @> a.filter
    )
    group by a.customer_id, a.meter_id
    ${page === undefined ? sql`order by a.customer_id, a.meter_id` : partOf(page)}
  `.execute(scope.db);
  return rows;
}

function partOf({ after, newer, limit }: SharedMeterPage): RawBuilder<unknown> {
  const [order, compared] = newer ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const behind =
    after === undefined
      ? sql``
      : sql`having (a.customer_id, a.meter_id) ${compared} (${after.customerId}, ${after.meterId})`;
  return sql`${behind} order by a.customer_id ${order}, a.meter_id ${order} limit ${limit}`;
}
