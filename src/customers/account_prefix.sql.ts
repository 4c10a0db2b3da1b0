import { type Scope, selectFrom } from '../db/scope.ts';
import { invalidRequest } from '../stripe/errors.ts';

/** Keeps a prefix for the account's own invoice numbers. Throws when a customer has it, or once had it. */
export async function claimAccountPrefix(scope: Scope, prefix: string): Promise<void> {
  await scope.db
    .insertInto('customer_invoice_prefixes')
    .values({ account_id: scope.account.id, prefix, customer_id: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const owner = await selectFrom(scope, 'customer_invoice_prefixes')
    .select('customer_id')
    .where('prefix', '=', prefix)
    .executeTakeFirst();
  if (owner?.customer_id === null) return;
  throw invalidRequest(
    `The invoice prefix ${prefix} is already used by a customer, or was once.`,
    'number_prefix',
    'resource_already_exists',
  );
}
