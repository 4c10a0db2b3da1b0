import type { DeleteQueryBuilder, DeleteResult, SelectQueryBuilder, UpdateQueryBuilder, UpdateResult } from 'kysely';
import type { Queryable } from './pool.ts';
import type { DB } from './tables.generated.ts';

/** What a query must know: where to run, and whose rows it may see. */
export type Scope = { readonly db: Queryable; readonly account: { readonly id: string } };

type Scoped = { [T in keyof DB]: 'account_id' extends keyof DB[T] ? T : never }[keyof DB];

// The builders are cast because TypeScript can't follow `account_id` through a generic table name; the runtime text is
// plain: `select … from "t" where "t"."account_id" = $1`.

/** `select from table`, limited to the account of the scope. Every read of the product starts here. */
export function selectFrom<T extends Scoped>(scope: Scope, table: T): SelectQueryBuilder<DB, T, object> {
  const query = scope.db
    .selectFrom(table as 'customers')
    .where(`${table as 'customers'}.account_id`, '=', scope.account.id);
  return query as unknown as SelectQueryBuilder<DB, T, object>;
}

/** `update table`, limited to the account of the scope. */
export function updateTable<T extends Scoped>(scope: Scope, table: T): UpdateQueryBuilder<DB, T, T, UpdateResult> {
  const query = scope.db
    .updateTable(table as 'customers')
    .where(`${table as 'customers'}.account_id`, '=', scope.account.id);
  return query as unknown as UpdateQueryBuilder<DB, T, T, UpdateResult>;
}

/** `delete from table`, limited to the account of the scope. */
export function deleteFrom<T extends Scoped>(scope: Scope, table: T): DeleteQueryBuilder<DB, T, DeleteResult> {
  const query = scope.db
    .deleteFrom(table as 'customers')
    .where(`${table as 'customers'}.account_id`, '=', scope.account.id);
  return query;
}
