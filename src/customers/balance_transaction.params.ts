import { MAX_BALANCE } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import { bigInteger, clearable, currency, metadata, string } from '../stripe/params.types.ts';

/** What a balance, or a change of it, can be. */
export const balanceAmount = bigInteger(-MAX_BALANCE, MAX_BALANCE);

const description = string({ max: 350 });

export const createBalanceTransactionParams = object({
  amount: required(balanceAmount),
  currency: required(currency()),
  description,
  metadata: clearable(metadata()),
});

export type CreateBalanceTransactionParams = ParamsOf<typeof createBalanceTransactionParams>;

export const updateBalanceTransactionParams = object({ description, metadata: clearable(metadata()) });

export type BalanceTransactionChange = ParamsOf<typeof updateBalanceTransactionParams>;

export const listBalanceTransactionsParams = object({ ...PAGING, created: timeRange(), invoice: string() });
