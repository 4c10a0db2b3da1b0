import { type Route, route } from '../../stripe/route.ts';
import {
  cancelScheduleParams,
  createScheduleParams,
  releaseScheduleParams,
  updateScheduleParams,
} from '../../subscriptions/schedule.params.ts';
import { viewSchedule } from '../../subscriptions/schedule.view.ts';
import { createSchedule } from './create.ts';
import { cancelSchedule, releaseSchedule } from './end.ts';
import { updateSchedule } from './update.ts';

const answers = { object: 'subscription_schedule' };

/** What begins, changes and ends subscriptions by schedules. */
export const scheduleVerbRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/subscription_schedules',
    answers,
    params: createScheduleParams,
    handle: async (context, params) => await viewSchedule(context, await createSchedule(context, params)),
  }),
  route({
    method: 'POST',
    path: '/v1/subscription_schedules/:schedule',
    answers,
    params: updateScheduleParams,
    handle: async (context, params, { schedule: id = '' }) =>
      await viewSchedule(context, await updateSchedule(context, id, params)),
  }),
  route({
    method: 'POST',
    path: '/v1/subscription_schedules/:schedule/cancel',
    answers,
    params: cancelScheduleParams,
    handle: async (context, params, { schedule: id = '' }) =>
      await viewSchedule(context, await cancelSchedule(context, id, params)),
  }),
  route({
    method: 'POST',
    path: '/v1/subscription_schedules/:schedule/release',
    answers,
    params: releaseScheduleParams,
    handle: async (context, params, { schedule: id = '' }) =>
      await viewSchedule(context, await releaseSchedule(context, id, params)),
  }),
];
