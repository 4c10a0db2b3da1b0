import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { createClockParams, listClocksParams, noParams } from './clock.params.ts';
import { findClocks, toClock } from './clock.sql.ts';
import { viewClock } from './clock.view.ts';
import { createClock } from './create.ts';

const PATH = '/v1/test_helpers/test_clocks';
const OBJECT = 'test_helpers.test_clock';

/** Advancing and deleting touch what is on the clock: their routes are in `billing`. */
export const clockRoutes: Route[] = [
  route({
    method: 'POST',
    path: PATH,
    answers: { object: OBJECT },
    params: createClockParams,
    handle: async (context, params) => viewClock(context, await createClock(context, params)),
  }),
  route({
    method: 'GET',
    path: PATH,
    answers: { list: OBJECT },
    params: listClocksParams,
    async handle(context, paging) {
      const page = await listPage(context, {
        table: 'test_clocks',
        kind: 'test_clock',
        paging,
        refine: (query) => query.where('deleted_at', 'is', null),
      });
      const data = page.rows.map((row) => viewClock(context, toClock(row)));
      return listView(PATH, data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: `${PATH}/:test_clock`,
    answers: { object: OBJECT },
    params: noParams,
    async handle(context, _params, { test_clock: id = '' }) {
      const [clock] = await findClocks(context, [id]);
      if (clock === undefined) throw resourceMissing('test_clock', id);
      return viewClock(context, clock);
    },
  }),
];
