import { noParams } from '../customers/customer.params.ts';
import { MAX_DRAFT_HOURS, MAX_OVERDUE_DAYS, MAX_RETRIES, MAX_RETRY_DAYS, MAX_UPCOMING_DAYS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { object, type ParamsOf } from '../stripe/params.ts';
import { clearable, integer, list, oneOf } from '../stripe/params.types.ts';
import { type Route, route } from '../stripe/route.ts';
import { type BillingSettingsChange, changeBillingSettings, findBillingSettings } from './settings.sql.ts';
import type { BillingSettings } from './settings.ts';

const PATH = '/v1/usance/billing_settings';
const answers = { object: 'usance.billing_settings' };

/** What is not named stays as it is. */
const updateSettingsParams = object({
  after_overdue: endAction(),
  after_retries: endAction(),
  draft_hours: integer(1, MAX_DRAFT_HOURS),
  invoice_after_retries: oneOf('open', 'uncollectible'),
  late_usage: oneOf('drop', 'next_invoice'),
  overdue_days: clearable(integer(1, MAX_OVERDUE_DAYS)),
  retry_days: clearable(list(integer(1, MAX_RETRY_DAYS), { max: MAX_RETRIES })),
  upcoming_days: clearable(integer(1, MAX_UPCOMING_DAYS)),
});

function endAction() {
  return oneOf('cancel', 'past_due', 'unpaid');
}

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
    async handle(context, params) {
      await changeBillingSettings(context, readChange(params));
      return viewSettings(context, await findBillingSettings(context));
    },
  }),
];

/** No days at all: nothing is tried again, and nothing becomes of what is overdue. Throws for retries over more than two months. */
function readChange(params: ParamsOf<typeof updateSettingsParams>): BillingSettingsChange {
  const { retry_days: retryDays } = params;
  if ((retryDays ?? []).reduce((sum, days) => sum + days, 0) > MAX_RETRY_DAYS) {
    throw invalidRequest(`All retries together may take at most ${MAX_RETRY_DAYS} days.`, 'retry_days');
  }
  return {
    draftHours: params.draft_hours,
    lateUsage: params.late_usage,
    retryDays: retryDays === null ? [] : retryDays,
    afterRetries: params.after_retries,
    overdueDays: params.overdue_days,
    afterOverdue: params.after_overdue,
    invoiceAfterRetries: params.invoice_after_retries,
    upcomingDays: params.upcoming_days,
  };
}

/** The wire shape of an account's settings: an object of ours, the original has none. */
function viewSettings({ account }: Context, settings: BillingSettings) {
  return {
    object: 'usance.billing_settings',
    after_overdue: settings.afterOverdue,
    after_retries: settings.afterRetries,
    draft_hours: settings.draftHours,
    invoice_after_retries: settings.invoiceAfterRetries,
    late_usage: settings.lateUsage,
    livemode: account.livemode,
    overdue_days: settings.overdueDays,
    retry_days: settings.retryDays,
    upcoming_days: settings.upcomingDays,
  };
}
