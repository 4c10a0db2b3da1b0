import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newModeId } from '../stripe/ids.ts';
import type { Meter } from './meter.ts';
import type { CreateMeterParams } from './meter.params.ts';
import { findMeter, insertMeter, lockMeter, updateMeter } from './meter.sql.ts';
import { viewMeter } from './meter.view.ts';

const DEFAULT_CUSTOMER_KEY = 'stripe_customer_id';
const DEFAULT_VALUE_KEY = 'value';

/** Creates a meter. Throws when an active meter has the event name already. */
export async function createMeter(context: Context, params: CreateMeterParams): Promise<Meter> {
  const customerKey = params.customer_mapping?.event_payload_key ?? DEFAULT_CUSTOMER_KEY;
  const valueKey = params.value_settings?.event_payload_key ?? DEFAULT_VALUE_KEY;
  if (customerKey === valueKey) {
    throw invalidRequest(
      `value_settings[event_payload_key] and customer_mapping[event_payload_key] must differ; both are '${valueKey}'.`,
      'value_settings[event_payload_key]',
    );
  }
  const meter: Meter = {
    id: newModeId('meter', context.account.livemode),
    displayName: params.display_name,
    eventName: params.event_name,
    formula: params.default_aggregation.formula,
    eventTimeWindow: params.event_time_window ?? null,
    customerKey,
    valueKey,
    status: 'active',
    createdAt: context.now,
    updatedAt: context.now,
    deactivatedAt: null,
  };
  await insertMeter(context, meter);
  await recordEvent(context, 'billing.meter.created', viewMeter(context, meter));
  return meter;
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
  const before = type.endsWith('.updated') ? viewMeter(context, meter) : undefined;
  await recordEvent(context, type, viewMeter(context, changed), before);
  return changed;
}

/** A meter of this account. Throws resource_missing; `param` names what refers to it. */
export async function requireMeter(context: Context, id: string, param: string): Promise<Meter> {
  const meter = await findMeter(context, id);
  if (meter === undefined) throw resourceMissing('billing meter', id, param);
  return meter;
}

async function requireLockedMeter(context: Context, id: string): Promise<Meter> {
  const meter = await lockMeter(context, id);
  if (meter === undefined) throw resourceMissing('billing meter', id);
  return meter;
}
