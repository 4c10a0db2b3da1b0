import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import {
  createBalanceTransactionParams,
  listBalanceTransactionsParams,
  updateBalanceTransactionParams,
} from './balance_transaction.params.ts';
import { findBalanceTransaction, toBalanceTransaction } from './balance_transaction.sql.ts';
import { viewBalanceTransaction } from './balance_transaction.view.ts';
import { noParams } from './customer.params.ts';
import { findCustomer } from './customer.sql.ts';
import { changeBalanceTransaction, createBalanceTransaction, missingTransaction } from './write_balance_transaction.ts';

const answers = { object: 'customer_balance_transaction' };

export const balanceTransactionRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/customers/:customer/balance_transactions',
    answers,
    params: createBalanceTransactionParams,
    handle: async (context, params, { customer = '' }) =>
      viewBalanceTransaction(context, await createBalanceTransaction(context, customer, params)),
  }),
  route({
    method: 'GET',
    path: '/v1/customers/:customer/balance_transactions',
    answers: { list: 'customer_balance_transaction' },
    params: listBalanceTransactionsParams,
    async handle(context, params, { customer = '' }) {
      const { invoice } = params;
      if ((await findCustomer(context, customer)) === undefined) throw resourceMissing('customer', customer);
      const page = await listPage(context, {
        table: 'customer_balance_transactions',
        kind: 'customer balance transaction',
        paging: params,
        created: params.created,
        refine(query) {
          const own = query.where('customer_id', '=', customer);
          return invoice === undefined ? own : own.where('invoice_id', '=', invoice);
        },
      });
      const data = page.rows.map((row) => viewBalanceTransaction(context, toBalanceTransaction(row)));
      return listView(`/v1/customers/${customer}/balance_transactions`, data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/customers/:customer/balance_transactions/:transaction',
    answers,
    params: noParams,
    async handle(context, _params, { customer = '', transaction: id = '' }) {
      const transaction = await findBalanceTransaction(context, customer, id);
      if (transaction === undefined) throw missingTransaction(id);
      return viewBalanceTransaction(context, transaction);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/customers/:customer/balance_transactions/:transaction',
    answers,
    params: updateBalanceTransactionParams,
    handle: async (context, params, { customer = '', transaction = '' }) =>
      viewBalanceTransaction(context, await changeBalanceTransaction(context, customer, transaction, params)),
  }),
];
