import { type Route, route } from '../stripe/route.ts';
import { refuseArchivedAges } from './export/archive.sql.ts';
import { noParams } from './meter.params.ts';
import { updateSettingsParams } from './settings.params.ts';
import { changeSettings, findSettings } from './settings.sql.ts';
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
      await changeSettings(context, {
        repeatedIdentifiers: params.repeated_identifiers,
        maxEventAgeDays: params.max_event_age_days,
        correctionHours: params.correction_hours,
        maxCustomerCombinations: params.max_customer_combinations,
        maxHourlyCombinations: params.max_hourly_combinations,
      });
      const settings = await findSettings(context);
      await refuseArchivedAges(context.db, settings, context.now);
      return viewSettings(context, settings);
    },
  }),
];
