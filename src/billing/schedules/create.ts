import { atTimeOf } from '../../clocks/time.ts';
import type { Customer } from '../../customers/customer.ts';
import { lockLivingCustomer } from '../../customers/write.ts';
import { checkDefaultMethod } from '../../payments/default_method.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest, missingParameter, unservedParameter } from '../../stripe/errors.ts';
import { newId } from '../../stripe/ids.ts';
import { changeMetadata } from '../../stripe/metadata.ts';
import { requireSubscription } from '../../subscriptions/change.ts';
import { checkRoom } from '../../subscriptions/create.ts';
import { keepUpdate } from '../../subscriptions/keep.ts';
import type { CreateScheduleParams, DefaultSettingsParams } from '../../subscriptions/schedule.params.ts';
import { NO_SETTINGS, type PhaseSettings, PLAIN_SCHEDULE, type Schedule } from '../../subscriptions/schedule.ts';
import { chooseMode } from '../../subscriptions/rules.ts';
import { storeSchedule } from '../../subscriptions/schedule_keep.ts';
import { changeInvoiceSettings } from '../../subscriptions/invoice_settings.ts';
import { readThresholds } from '../../subscriptions/thresholds.ts';
import { readPhases } from '../../subscriptions/schedule_phases.ts';
import { lockSubscription } from '../../subscriptions/subscription.sql.ts';
import { beginSchedule } from './begin.ts';
import { scheduleOf } from './of_subscription.ts';

/**
 * Creates a schedule: of phases, which begins its subscription now or waits for its start, or of a subscription that is
 * there. Tells `subscription_schedule.created`, and what the subscription tells that begins. Throws for what could not be
 * subscribed to, naming the parameter.
 */
export async function createSchedule(requested: Context, params: CreateScheduleParams): Promise<Schedule> {
  if (params.from_subscription !== undefined) return await createFromSubscription(requested, params);
  const { customer: customerId, phases: wanted = [] } = params;
  if (customerId === undefined) throw missingParameter('customer');
  if (wanted.length === 0) throw missingParameter('phases');
  const customer = await lockLivingCustomer(requested, customerId, 'customer');
  const context = await atTimeOf(requested, customer.testClockId);
  await checkRoom(context, customer);
  const startAt = startOf(context, params);
  const billingMode = chooseMode(params.billing_mode);
  const defaults = await changeDefaults(context, customer, NO_DEFAULTS, params.default_settings);
  const terms = { billingMode, defaults, customer, startAt, subscription: null, known: new Set<string>() };
  const schedule: Schedule = {
    ...PLAIN_SCHEDULE,
    id: newId('subscriptionSchedule'),
    customerId,
    testClockId: customer.testClockId,
    status: 'not_started',
    billingMode,
    prorationDiscounts: 'included',
    endBehavior: params.end_behavior ?? 'release',
    defaults,
    phases: await readPhases(context, wanted, terms),
    currentPhase: null,
    metadata: changeMetadata({}, params.metadata),
    subscriptionId: null,
    createdAt: context.now,
  };
  if (startAt.equals(context.now)) return await beginSchedule(context, customer, schedule, { before: null });
  await storeSchedule(context, schedule);
  return schedule;
}

const NO_DEFAULTS: PhaseSettings = {
  ...NO_SETTINGS,
  collectionMethod: 'charge_automatically',
  billingCycleAnchor: 'automatic',
};

/** When the first phase begins; without a word now. */
function startOf({ now }: Context, { start_date: start = 'now' }: CreateScheduleParams): Temporal.Instant {
  if (start === 'now') return now;
  if (Temporal.Instant.compare(start, now) < 0) throw unservedParameter('start_date');
  return start;
}

/** The defaults of a schedule after a request. Throws for a payment method that the customer does not have. */
export async function changeDefaults(
  context: Context,
  customer: Customer,
  current: PhaseSettings,
  params: DefaultSettingsParams | undefined,
): Promise<PhaseSettings> {
  if (params === undefined) return current;
  const { collection_method: method, default_payment_method: paidWith, description, invoice_settings: told } = params;
  await checkDefaultMethod(context, customer.id, paidWith ?? null);
  const collectionMethod = method ?? current.collectionMethod;
  return {
    collectionMethod,
    daysUntilDue: told?.days_until_due ?? (collectionMethod === 'send_invoice' ? current.daysUntilDue : null),
    defaultPaymentMethodId: paidWith ?? current.defaultPaymentMethodId,
    description: description === undefined ? current.description : description,
    billingCycleAnchor: params.billing_cycle_anchor ?? current.billingCycleAnchor,
    thresholds:
      params.billing_thresholds === undefined ? current.thresholds : readThresholds(params.billing_thresholds),
    invoiceSettings: changeInvoiceSettings(current.invoiceSettings, told),
  };
}

/** A schedule of one phase, which is the current period of the subscription as it is. */
async function createFromSubscription(requested: Context, params: CreateScheduleParams): Promise<Schedule> {
  const { from_subscription: id = '', ...others } = params;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw invalidRequest(`You cannot set \`${other}\` if \`from_subscription\` is set.`, other, 'parameters_exclusive');
  }
  const found = await requireSubscription(requested, id, 'from_subscription');
  await lockLivingCustomer(requested, found.customerId, 'from_subscription');
  const subscription = (await lockSubscription(requested, id)) ?? found;
  const context = await atTimeOf(requested, subscription.testClockId);
  const schedule = scheduleOf(context, subscription);
  await storeSchedule(context, schedule);
  await keepUpdate(context, subscription, { ...subscription, scheduleId: schedule.id });
  return schedule;
}
