import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing, StripeError } from '../stripe/errors.ts';
import { newModeId } from '../stripe/ids.ts';
import { type Meter, STRIPE_FORMULAS } from './meter.ts';
import type { CreateUsageMeterParams } from './meter.params.ts';
import { findMeter, insertMeter, lockMeter, updateMeter } from './meter.sql.ts';
import { viewMeter } from './meter.view.ts';

const DEFAULT_CUSTOMER_KEY = 'stripe_customer_id';
const DEFAULT_VALUE_KEY = 'value';

/** True when the paths of the original show the meter: its formulas are a closed list. */
function isBillingMeter({ formula }: Meter): boolean {
  return (STRIPE_FORMULAS as readonly string[]).includes(formula);
}

/** Creates a meter. Throws when an active meter has the event name already. */
export async function createMeter(context: Context, params: CreateUsageMeterParams): Promise<Meter> {
  const customerKey = params.customer_mapping?.event_payload_key ?? DEFAULT_CUSTOMER_KEY;
  const valueKey = params.value_settings?.event_payload_key ?? DEFAULT_VALUE_KEY;
  checkKeys(customerKey, valueKey, params.dimension_payload_keys ?? []);
  checkWindow(params);
  const meter: Meter = {
    id: newModeId('meter', context.account.livemode),
    displayName: params.display_name,
    eventName: params.event_name,
    formula: params.default_aggregation.formula,
    eventTimeWindow: params.event_time_window ?? null,
    customerKey,
    valueKey,
    dimensionKeys: params.dimension_payload_keys ?? [],
    status: 'active',
    createdAt: context.now,
    updatedAt: context.now,
    deactivatedAt: null,
  };
  await insertMeter(context, meter);
  await tell(context, 'billing.meter.created', meter);
  return meter;
}

function checkKeys(customerKey: string, valueKey: string, dimensionKeys: readonly string[]): void {
  if (customerKey === valueKey) {
    throw invalidRequest(
      `value_settings[event_payload_key] and customer_mapping[event_payload_key] must differ; both are '${valueKey}'.`,
      'value_settings[event_payload_key]',
    );
  }
  for (const [index, key] of dimensionKeys.entries()) {
    if (key !== customerKey && key !== valueKey && dimensionKeys.indexOf(key) === index) continue;
    throw invalidRequest(
      `dimension_payload_keys must differ from each other and from the keys of customer and value: '${key}' is there twice.`,
      `dimension_payload_keys[${index}]`,
    );
  }
}

/** Of a window one event stands for all: how many different values it had would always be one. */
function checkWindow({ default_aggregation: { formula }, event_time_window: window }: CreateUsageMeterParams): void {
  if (formula !== 'unique_count' || window === undefined) return;
  throw invalidRequest('A meter with the formula unique_count can not have an event_time_window.', 'event_time_window');
}

/** Changes the display name: everything else of a meter is fixed at creation. */
export async function renameMeter(context: Context, id: string, displayName: string | undefined): Promise<Meter> {
  const meter = await requireLockedMeter(context, id);
  if (displayName === undefined || displayName === meter.displayName) return meter;
  return await change(context, 'billing.meter.updated', meter, { displayName });
}

/** From now on the meter accepts no events and no new prices; what it measured stays. */
export async function deactivateMeter(context: Context, id: string): Promise<Meter> {
  const meter = await requireLockedMeter(context, id);
  if (meter.status === 'inactive') throw invalidRequest(`The meter ${id} is already inactive.`);
  return await change(context, 'billing.meter.deactivated', meter, { status: 'inactive', deactivatedAt: context.now });
}

/** Undoes a deactivation. Throws when another active meter has taken the event name. */
export async function reactivateMeter(context: Context, id: string): Promise<Meter> {
  const meter = await requireLockedMeter(context, id);
  if (meter.status === 'active') throw invalidRequest(`The meter ${id} is already active.`);
  return await change(context, 'billing.meter.reactivated', meter, { status: 'active', deactivatedAt: null });
}

async function change(context: Context, type: string, meter: Meter, difference: Partial<Meter>): Promise<Meter> {
  const changed: Meter = { ...meter, ...difference, updatedAt: context.now };
  await updateMeter(context, changed);
  await tell(context, type, changed, type.endsWith('.updated') ? meter : undefined);
  return changed;
}

/** Events tell of objects of the API alone, so a meter with a formula of our own has none. */
async function tell(context: Context, type: string, meter: Meter, before?: Meter): Promise<void> {
  if (!isBillingMeter(meter)) return;
  await recordEvent(context, type, viewMeter(context, meter), before && viewMeter(context, before));
}

/** A meter of this account. Throws resource_missing; `param` names what refers to it. */
export async function requireMeter(context: Context, id: string, param: string): Promise<Meter> {
  const meter = await findMeter(context, id);
  if (meter === undefined) throw resourceMissing('billing meter', id, param);
  return meter;
}

/**
 * The same for the paths of the original. Throws resource_missing also for a meter with a formula that it does not know,
 * and names the path of ours that shows it: see docs/decisions/0007.
 */
export async function requireBillingMeter(context: Context, id: string): Promise<Meter> {
  const meter = await requireMeter(context, id, 'id');
  if (isBillingMeter(meter)) return meter;
  throw new StripeError({
    status: 404,
    code: 'resource_missing',
    param: 'id',
    message: `No such billing meter: '${id}'. It has the formula ${meter.formula} and is found at /v1/usance/meters/${id}.`,
  });
}

async function requireLockedMeter(context: Context, id: string): Promise<Meter> {
  const meter = await lockMeter(context, id);
  if (meter === undefined) throw resourceMissing('billing meter', id);
  return meter;
}
