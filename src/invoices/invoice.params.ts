import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf } from '../stripe/params.ts';
import { oneOf, string, unserved } from '../stripe/params.types.ts';

export const listInvoicesParams = object({
  ...PAGING,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  created: timeRange(),
  customer: string(),
  customer_account: unserved(),
  due_date: timeRange(),
  status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void'),
  subscription: string(),
});

export type ListInvoicesParams = ParamsOf<typeof listInvoicesParams>;

export const listLinesParams = object({ ...PAGING });

export const noParams = object({});
