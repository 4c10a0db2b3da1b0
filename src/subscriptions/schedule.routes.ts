import { findCustomer } from '../customers/customer.sql.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { type ListSchedulesParams, listSchedulesParams } from './schedule.params.ts';
import { filterSchedules, toSchedule } from './schedule.sql.ts';
import { requireSchedule } from './schedule_read.ts';
import { viewSchedule, viewSchedules } from './schedule.view.ts';
import { noParams } from './subscription.params.ts';

export const scheduleRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/subscription_schedules',
    answers: { list: 'subscription_schedule' },
    params: listSchedulesParams,
    handle: listSchedules,
  }),
  route({
    method: 'GET',
    path: '/v1/subscription_schedules/:schedule',
    answers: { object: 'subscription_schedule' },
    params: noParams,
    handle: async (context, _params, { schedule: id = '' }) =>
      await viewSchedule(context, await requireSchedule(context, id)),
  }),
];

async function listSchedules(context: Context, params: ListSchedulesParams) {
  const { customer, created } = params;
  if (customer !== undefined && (await findCustomer(context, customer)) === undefined) {
    throw resourceMissing('customer', customer, 'customer');
  }
  const page = await listPage(context, {
    table: 'subscription_schedules',
    kind: 'subscription_schedule',
    paging: params,
    created,
    refine: (query) => filterSchedules(query, params),
  });
  const data = await viewSchedules(context, page.rows.map(toSchedule));
  return listView('/v1/subscription_schedules', data, page.hasMore);
}
