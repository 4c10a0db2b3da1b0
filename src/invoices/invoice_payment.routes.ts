import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { noParams } from './invoice.params.ts';
import { listInvoicePaymentsParams } from './invoice_payment.params.ts';
import { filterInvoicePayments, findInvoicePayments, toInvoicePayment } from './invoice_payment.sql.ts';
import { viewInvoicePayment } from './invoice_payment.view.ts';

/** Payments of invoices are made by invoices; here they are read. */
export const invoicePaymentRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/invoice_payments',
    answers: { list: 'invoice_payment' },
    params: listInvoicePaymentsParams,
    async handle(context, params) {
      const page = await listPage(context, {
        table: 'invoice_payments',
        kind: 'invoice_payment',
        paging: params,
        created: params.created,
        refine: (query) => filterInvoicePayments(query, params),
      });
      const data = page.rows.map((row) => viewInvoicePayment(context, toInvoicePayment(row)));
      return listView('/v1/invoice_payments', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/invoice_payments/:invoice_payment',
    answers: { object: 'invoice_payment' },
    params: noParams,
    async handle(context, _params, { invoice_payment: id = '' }) {
      const [payment] = await findInvoicePayments(context, [id]);
      if (payment === undefined) throw resourceMissing('invoice_payment', id);
      return viewInvoicePayment(context, payment);
    },
  }),
];
