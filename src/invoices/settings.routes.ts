import { type Route, route } from '../stripe/route.ts';
import { noParams } from './invoice.params.ts';
import { changeSettings, readSettings, viewSettings } from './settings.ts';
import { updateSettingsParams } from './settings.params.ts';

const PATH = '/v1/usance/invoice_settings';
const answers = { object: 'usance.invoice_settings' };

/** How an account numbers its invoices and rounds their taxes: read, and changed in part. */
export const invoiceSettingsRoutes: Route[] = [
  route({
    method: 'GET',
    path: PATH,
    answers,
    params: noParams,
    handle: async (context) => viewSettings(context, await readSettings(context)),
  }),
  route({
    method: 'POST',
    path: PATH,
    answers,
    params: updateSettingsParams,
    handle: async (context, params) => viewSettings(context, await changeSettings(context, params)),
  }),
];
