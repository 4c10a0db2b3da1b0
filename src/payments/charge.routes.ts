import { requireCustomer } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { type Route, route } from '../stripe/route.ts';
import { readShipping } from './address.ts';
import type { Charge } from './charge.ts';
import { type ChargeChange, listChargesParams, updateChargeParams } from './charge.params.ts';
import { findCharge, lockCharge, toCharge, updateCharge } from './charge.sql.ts';
import { viewCharge } from './charge.view.ts';
import { noParams } from './payment_method.params.ts';

const answers = { object: 'charge' };

/** Charges are made by payment intents; here they are read and described. */
export const chargeRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/charges',
    answers: { list: 'charge' },
    params: listChargesParams,
    async handle(context, params) {
      const { created, customer, payment_intent: intent } = params;
      const page = await listPage(context, {
        table: 'charges',
        kind: 'charge',
        paging: params,
        created,
        refine(query) {
          const ofCustomer = customer === undefined ? query : query.where('customer_id', '=', customer);
          return intent === undefined ? ofCustomer : ofCustomer.where('payment_intent_id', '=', intent);
        },
      });
      const data = page.rows.map((row) => viewCharge(context, toCharge(row)));
      return listView('/v1/charges', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/charges/:charge',
    answers,
    params: noParams,
    async handle(context, _params, { charge: id = '' }) {
      const charge = await findCharge(context, id);
      if (charge === undefined) throw resourceMissing('charge', id);
      return viewCharge(context, charge);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/charges/:charge',
    answers,
    params: updateChargeParams,
    handle: async (context, params, { charge = '' }) =>
      viewCharge(context, await changeCharge(context, charge, params)),
  }),
];

/** Changes how a charge is described and tells `charge.updated`. A customer can be given to a charge that has none. */
async function changeCharge(context: Context, id: string, params: ChargeChange): Promise<Charge> {
  const charge = await lockCharge(context, id);
  if (charge === undefined) throw resourceMissing('charge', id);
  if (params.customer !== undefined) await checkNewCustomer(context, charge, params.customer);
  const report = params.fraud_details?.user_report;
  const changed: Charge = {
    ...charge,
    customerId: params.customer ?? charge.customerId,
    description: params.description ?? charge.description,
    metadata: changeMetadata(charge.metadata, params.metadata),
    receiptEmail: params.receipt_email ?? charge.receiptEmail,
    shipping: readShipping(params.shipping) ?? charge.shipping,
    userReport: report === undefined ? charge.userReport : report,
  };
  await updateCharge(context, changed);
  await recordEvent(context, 'charge.updated', viewCharge(context, changed), viewCharge(context, charge));
  return changed;
}

/** "Only able to set if there isn't already a customer" (reference: update a charge). */
async function checkNewCustomer(context: Context, charge: Charge, customerId: string): Promise<void> {
  await requireCustomer(context, customerId, 'customer');
  if (charge.customerId === null || charge.customerId === customerId) return;
  throw invalidRequest('You cannot change the customer of a charge that already has one.', 'customer');
}
