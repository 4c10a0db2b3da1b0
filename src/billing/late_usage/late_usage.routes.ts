import { listView } from '../../stripe/lists.ts';
import { type Route, route } from '../../stripe/route.ts';
import { listLateUsageParams } from './late_usage.params.ts';
import { viewLateUsage } from './late_usage.view.ts';
import { listLateUsage } from './list.ts';

const PATH = '/v1/usance/late_usage';

/** Usage that came after the invoice of its period was final: nothing is lost unseen. */
export const lateUsageRoutes: Route[] = [
  route({
    method: 'GET',
    path: PATH,
    answers: { list: 'usance.late_usage' },
    params: listLateUsageParams,
    async handle(context, params) {
      const { items, hasMore } = await listLateUsage(context, params);
      return listView(
        PATH,
        items.map((late) => viewLateUsage(context, late)),
        hasMore,
      );
    },
  }),
];
