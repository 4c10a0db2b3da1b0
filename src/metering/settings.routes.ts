import { type Route, route } from '../stripe/route.ts';
import { refuseArchivedAges } from './export/archive.sql.ts';
import { restoreIdentifiers } from './identifier.sql.ts';
import { noParams } from './meter.params.ts';
import { updateSettingsParams } from './settings.params.ts';
import { changeSettings, findSettings } from './settings.sql.ts';
import type { MeteringSettings } from './settings.ts';
import { viewSettings } from './settings.view.ts';

const PATH = '/v1/usance/metering_settings';
const answers = { object: 'usance.metering_settings' };

/** How an account wants its events handled: read, and changed in part. */
export const settingsRoutes: Route[] = [
  route({
    method: 'GET',
    path: PATH,
    answers,
    params: noParams,
    handle: async (context) => viewSettings(context, await findSettings(context)),
  }),
  route({
    method: 'POST',
    path: PATH,
    answers,
    params: updateSettingsParams,
    async handle(context, params) {
      const before = await findSettings(context);
      await changeSettings(context, {
        repeatedIdentifiers: params.repeated_identifiers,
        maxEventAgeDays: params.max_event_age_days,
        correctionHours: params.correction_hours,
        maxCustomerCombinations: params.max_customer_combinations,
        maxHourlyCombinations: params.max_hourly_combinations,
      });
      const settings = await findSettings(context);
      await refuseArchivedAges(context.db, settings, context.now);
      const days = daysOf(settings);
      if (days > daysOf(before)) await restoreIdentifiers(context, days);
      return viewSettings(context, settings);
    },
  }),
];

/** How old the events are that may be sent again, or cancelled by identifier. */
function daysOf({ maxEventAgeDays, correctionHours }: MeteringSettings): number {
  return Math.max(maxEventAgeDays, Math.ceil(correctionHours / 24)) + 1;
}
