import { sql } from 'kysely';

/** The `type` of a price, as its view tells it. */
export const PRICE_TYPE = sql<string>`case when recurring_interval is null then 'one_time' else 'recurring' end`;
