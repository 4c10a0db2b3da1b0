import { type Scope, selectFrom } from '../db/scope.ts';

/** Days before its invoice at which it is told of one; null: it is not. Reads only: the settings belong to a later folder. */
export async function findUpcomingDays(scope: Scope): Promise<number | null> {
  const row = await selectFrom(scope, 'billing_settings').select('upcoming_days').executeTakeFirst();
  return row?.upcoming_days ?? null;
}
