import { object } from '../stripe/params.ts';
import { type Route, route } from '../stripe/route.ts';
import { explainInvoice } from './explain.ts';

export const explainRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/usance/invoices/:invoice/explain',
    answers: { object: 'usance.invoice_explanation' },
    params: object({}),
    handle: async (context, _params, { invoice = '' }) => await explainInvoice(context, invoice),
  }),
];
