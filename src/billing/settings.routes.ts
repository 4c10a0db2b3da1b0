import { noParams } from '../customers/customer.params.ts';
import { MAX_DRAFT_HOURS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { object } from '../stripe/params.ts';
import { integer, oneOf } from '../stripe/params.types.ts';
import { type Route, route } from '../stripe/route.ts';
import { changeBillingSettings, findBillingSettings } from './settings.sql.ts';
import type { BillingSettings } from './settings.ts';

const PATH = '/v1/usance/billing_settings';
const answers = { object: 'usance.billing_settings' };

/** What is not named stays as it is. */
const updateSettingsParams = object({
  draft_hours: integer(1, MAX_DRAFT_HOURS),
  late_usage: oneOf('drop', 'next_invoice'),
});

/** How an account wants its invoices made: read, and changed in part, for the drafts that are made from then on. */
export const billingSettingsRoutes: Route[] = [
  route({
    method: 'GET',
    path: PATH,
    answers,
    params: noParams,
    handle: async (context) => viewSettings(context, await findBillingSettings(context)),
  }),
  route({
    method: 'POST',
    path: PATH,
    answers,
    params: updateSettingsParams,
    async handle(context, { draft_hours: draftHours, late_usage: lateUsage }) {
      await changeBillingSettings(context, { draftHours, lateUsage });
      return viewSettings(context, await findBillingSettings(context));
    },
  }),
];

/** The wire shape of an account's settings: an object of ours, the original has none. */
function viewSettings({ account }: Context, { draftHours, lateUsage }: BillingSettings) {
  return {
    object: 'usance.billing_settings',
    draft_hours: draftHours,
    late_usage: lateUsage,
    livemode: account.livemode,
  };
}
