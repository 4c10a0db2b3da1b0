import type { Context } from '../../stripe/context.ts';
import { invalidRequest, missingParameter, unservedParameter } from '../../stripe/errors.ts';
import { isUnderWay, type Phase, type Schedule, settingsOf } from '../../subscriptions/schedule.ts';
import { requireSchedule } from '../../subscriptions/schedule_read.ts';
import type { CreatePreviewParams, PhaseParams } from './preview.params.ts';
import { metadataChange, redeemable } from '../schedules/phase.ts';

/** A preview as it is to be computed: of which parameters, and, where a schedule waits, of which phase it begins with. */
export type Aimed = { readonly params: CreatePreviewParams; readonly first: Phase | undefined };

/**
 * The preview of a stored schedule in other words: of its subscription, or, as long as it waits, of a schedule that nobody
 * has made and that begins when it does. Undefined where it has nothing more to bill. Throws for what does not go together.
 */
export async function aimAtSchedule(context: Context, params: CreatePreviewParams): Promise<Aimed | undefined> {
  const { schedule: id, ...others } = params;
  if (id === undefined) return { params, first: undefined };
  checkAlone(params);
  const schedule = await requireSchedule(context, id, 'schedule');
  const { customerId, phases, subscriptionId } = schedule;
  if (params.customer !== undefined && params.customer !== customerId) {
    throw invalidRequest(`The schedule ${id} does not belong to customer ${params.customer}.`, 'customer');
  }
  if (!isUnderWay(schedule)) return undefined;
  if (subscriptionId !== null) return { params: { ...others, subscription: subscriptionId }, first: undefined };
  const [first] = phases;
  if (first === undefined) throw missingParameter('schedule');
  const details = {
    billing_mode: { type: schedule.billingMode },
    end_behavior: schedule.endBehavior === 'cancel' ? ('cancel' as const) : ('release' as const),
    phases: await Promise.all(phases.map(async (phase) => await paramsOf(context, schedule, phase))),
  };
  return { params: { ...others, customer: customerId, schedule_details: details }, first };
}

function checkAlone(params: CreatePreviewParams): void {
  const names = ['schedule_details', 'subscription', 'subscription_details'] as const;
  const other = names.find((name) => params[name] !== undefined);
  if (other === undefined) return;
  if (other === 'schedule_details') throw unservedParameter('schedule_details');
  throw invalidRequest(
    `You may only specify one of these parameters: schedule, ${other}.`,
    'schedule',
    'parameters_exclusive',
  );
}

/** A stored phase in the words of a request, without the discounts that nobody can redeem any more. */
async function paramsOf(context: Context, schedule: Schedule, phase: Phase): Promise<PhaseParams> {
  const { collectionMethod, daysUntilDue } = settingsOf(schedule, phase);
  const target = { customerId: schedule.customerId, currency: phase.currency };
  const items: PhaseParams['items'] = [];
  for (const { priceId, quantity, taxRateIds, discounts, metadata } of phase.items) {
    items.push({
      price: priceId,
      ...(quantity === null ? {} : { quantity }),
      tax_rates: [...taxRateIds],
      discounts: await redeemable(context, target, discounts),
      metadata: metadataChange(metadata),
    });
  }
  return {
    items,
    end_date: phase.end,
    ...(phase.trialEnd === null ? {} : { trial_end: phase.trialEnd }),
    ...(collectionMethod === null ? {} : { collection_method: collectionMethod }),
    ...(daysUntilDue === null ? {} : { invoice_settings: { days_until_due: daysUntilDue } }),
    currency: phase.currency,
    default_tax_rates: [...phase.defaultTaxRateIds],
    discounts: await redeemable(context, target, phase.discounts),
    metadata: metadataChange(phase.metadata),
  };
}
