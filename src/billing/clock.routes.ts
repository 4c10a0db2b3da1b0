import { advanceClockParams, noParams } from '../clocks/clock.params.ts';
import { viewClock } from '../clocks/clock.view.ts';
import type { ClockLimits } from '../config.ts';
import { type Route, route } from '../stripe/route.ts';
import { advanceClock, deleteClock } from './clock.ts';

const PATH = '/v1/test_helpers/test_clocks/:test_clock';
const answers = { object: 'test_helpers.test_clock' };

/** What touches all that is on a clock. */
export const clockAdvanceRoutes = (limits: ClockLimits): Route[] => [
  route({
    method: 'POST',
    path: `${PATH}/advance`,
    answers,
    params: advanceClockParams,
    handle: async (context, params, { test_clock: id = '' }) =>
      viewClock(context, await advanceClock(context, id, params.frozen_time, limits)),
  }),
  route({
    method: 'DELETE',
    path: PATH,
    answers,
    params: noParams,
    handle: async (context, _params, { test_clock: id = '' }) => await deleteClock(context, id),
  }),
];
