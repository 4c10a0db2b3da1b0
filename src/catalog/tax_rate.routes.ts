import { listPage, listView } from '../stripe/lists.ts';
import { object } from '../stripe/params.ts';
import { type Route, route } from '../stripe/route.ts';
import { createTaxRateParams, listTaxRatesParams, updateTaxRateParams } from './tax_rate.params.ts';
import { filterTaxRates, toTaxRate } from './tax_rate.sql.ts';
import { viewTaxRate } from './tax_rate.view.ts';
import { changeTaxRate, createTaxRate, requireTaxRate } from './write_tax_rate.ts';

const answers = { object: 'tax_rate' };

export const taxRateRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/tax_rates',
    answers,
    params: createTaxRateParams,
    handle: async (context, params) => viewTaxRate(context, await createTaxRate(context, params)),
  }),
  route({
    method: 'GET',
    path: '/v1/tax_rates',
    answers: { list: 'tax_rate' },
    params: listTaxRatesParams,
    async handle(context, params) {
      const page = await listPage(context, {
        table: 'tax_rates',
        kind: 'tax rate',
        paging: params,
        created: params.created,
        refine: (query) => filterTaxRates(query, params),
      });
      const data = page.rows.map((row) => viewTaxRate(context, toTaxRate(row)));
      return listView('/v1/tax_rates', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/tax_rates/:tax_rate',
    answers,
    params: object({}),
    handle: async (context, _params, { tax_rate: id = '' }) => viewTaxRate(context, await requireTaxRate(context, id)),
  }),
  route({
    method: 'POST',
    path: '/v1/tax_rates/:tax_rate',
    answers,
    params: updateTaxRateParams,
    handle: async (context, params, { tax_rate: id = '' }) =>
      viewTaxRate(context, await changeTaxRate(context, id, params)),
  }),
];
