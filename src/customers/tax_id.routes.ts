import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { listPage, listView, type PagingParams } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { noParams } from './customer.params.ts';
import { findCustomer } from './customer.sql.ts';
import {
  createCustomerTaxIdParams,
  type CreateTaxIdParams,
  createTaxIdParams,
  listCustomerTaxIdsParams,
  listTaxIdsParams,
} from './tax_id.params.ts';
import { toTaxId } from './tax_id.sql.ts';
import { viewTaxId } from './tax_id.view.ts';
import { lockLivingCustomer } from './write.ts';
import { createTaxId, deleteTaxId, requireTaxId } from './write_tax_id.ts';

const answers = { object: 'tax_id' };

export const taxIdRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/customers/:customer/tax_ids',
    answers,
    params: createCustomerTaxIdParams,
    async handle(context, params, { customer = '' }) {
      await lockLivingCustomer(context, customer, 'id');
      return viewTaxId(context, await createTaxId(context, customer, params));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/customers/:customer/tax_ids',
    answers: { list: 'tax_id' },
    params: listCustomerTaxIdsParams,
    async handle(context, params, { customer = '' }) {
      await requireKnownCustomer(context, customer, 'id');
      return await listTaxIds(context, customer, params, `/v1/customers/${customer}/tax_ids`);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/customers/:customer/tax_ids/:id',
    answers,
    params: noParams,
    handle: async (context, _params, { customer = '', id = '' }) =>
      viewTaxId(context, await requireTaxId(context, id, customer)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/customers/:customer/tax_ids/:id',
    answers,
    params: noParams,
    handle: async (context, _params, { customer = '', id = '' }) => await deleteTaxId(context, id, customer),
  }),
  route({
    method: 'POST',
    path: '/v1/tax_ids',
    answers,
    params: createTaxIdParams,
    async handle(context, params) {
      const customerId = ownerOf(params.owner);
      if (customerId !== null) await lockLivingCustomer(context, customerId, 'owner[customer]');
      return viewTaxId(context, await createTaxId(context, customerId, params));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/tax_ids',
    answers: { list: 'tax_id' },
    params: listTaxIdsParams,
    async handle(context, params) {
      const customerId = ownerOf(params.owner);
      if (customerId !== null) await requireKnownCustomer(context, customerId, 'owner[customer]');
      return await listTaxIds(context, customerId, params, '/v1/tax_ids');
    },
  }),
  route({
    method: 'GET',
    path: '/v1/tax_ids/:id',
    answers,
    params: noParams,
    handle: async (context, _params, { id = '' }) => viewTaxId(context, await requireTaxId(context, id)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/tax_ids/:id',
    answers,
    params: noParams,
    handle: async (context, _params, { id = '' }) => await deleteTaxId(context, id),
  }),
];

/** The customer that an `owner` names; null for the account itself, which is who is meant without one. */
function ownerOf(owner: CreateTaxIdParams['owner']): string | null {
  if (owner?.type === 'customer') {
    if (owner.customer !== undefined) return owner.customer;
    throw invalidRequest('Missing required param: owner[customer].', 'owner[customer]', 'parameter_missing');
  }
  if (owner?.customer === undefined) return null;
  throw invalidRequest('`owner[customer]` requires `owner[type]=customer`.', 'owner[customer]');
}

/** Deleted customers keep their tax ids, so they can still be looked at. */
async function requireKnownCustomer(context: Context, id: string, param: string): Promise<void> {
  if ((await findCustomer(context, id)) === undefined) throw resourceMissing('customer', id, param);
}

async function listTaxIds(context: Context, customerId: string | null, paging: PagingParams, url: string) {
  const page = await listPage(context, {
    table: 'tax_ids',
    kind: 'tax ID',
    paging,
    refine: (query) => query.where('customer_id', 'is not distinct from', customerId),
  });
  const data = page.rows.map((row) => viewTaxId(context, toTaxId(row)));
  return listView(url, data, page.hasMore);
}
