import type { Route } from '../stripe/route.ts';
import { searchRoute } from '../stripe/search_route.ts';
import { finalizationErrorPart } from './invoice.sql.ts';
import { viewInvoice } from './invoice.view.ts';
import { completeInvoices } from './read.ts';

export const invoiceSearchRoutes: Route[] = [
  searchRoute({
    table: 'invoices',
    resource: 'invoices',
    object: 'invoice',
    fields: {
      created: { kind: 'time', column: 'created_at' },
      currency: { kind: 'token', column: 'currency' },
      customer: { kind: 'token', column: 'customer_id' },
      last_finalization_error_code: { kind: 'token', column: finalizationErrorPart('code') },
      last_finalization_error_type: { kind: 'token', column: finalizationErrorPart('type') },
      number: { kind: 'text', column: 'number' },
      receipt_number: { kind: 'nothing', column: 'number' },
      status: { kind: 'token', column: 'status' },
      subscription: { kind: 'token', column: 'subscription_id' },
      total: { kind: 'number', column: 'total' },
    },
    view: async (context, rows) => (await completeInvoices(context, rows)).map((whole) => viewInvoice(context, whole)),
  }),
];
