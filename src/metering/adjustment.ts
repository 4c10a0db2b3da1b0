import type { Context } from '../stripe/context.ts';
import { StripeError } from '../stripe/errors.ts';
import { newModeId } from '../stripe/ids.ts';
import { toRfc3339 } from '../time/instant.ts';
import type { CreateAdjustmentParams } from './adjustment.params.ts';
import { insertAdjustment, lockUsage, markCancelled, recountMinute, releaseValue } from './adjustment.sql.ts';
import type { Meter } from './meter.ts';
import { identifierHash } from './meter_event.ts';
import { findMeter } from './meter.sql.ts';
import { findSettings } from './settings.sql.ts';
import { findEventsByHash, type StoredEvent } from './stored_event.sql.ts';

/*
 * Why a correction neither loses nor doubles an event, all at READ COMMITTED, whatever ingest does meanwhile:
 *
 * An ingest I inserts events and adds them to their minute in one statement, so a snapshot holds both or neither; the
 * minute of an event that is there is there as well. A correction C locks that minute first and recounts it with a
 * statement of its own, whose snapshot is taken after the lock was got.
 * - I holds the minute when C wants it: C waits for I's commit, and its recount sees the events of I.
 * - C holds the minute when I wants it: the recount does not see the events of I, which are not committed, and I waits.
 *   After C's commit I adds its events to the newest version of the row, which is the recounted one.
 * - Two corrections of one minute, of the same event or of two, follow each other: the second finds what the first wrote,
 *   so that an event is cancelled once.
 * - A fold (fold.ts) locks the minutes that it marks. One before C is undone by `folded = false`; one after C sees it.
 */

/** A cancelled event. */
export type Adjustment = {
  readonly id: string;
  readonly eventName: string;
  readonly identifier: string;
  readonly createdAt: Temporal.Instant;
};

/**
 * Cancels the event of an identifier: from the commit on it counts nowhere, as if it had never been, and its identifier
 * stays taken. Throws `invalid_cancel_configuration` (reference: v2 meter event adjustments; v1 documents no codes) when
 * there is no such event of this name, when it is cancelled already, or when it was received longer ago than the
 * account's settings allow.
 */
export async function cancelEvent(context: Context, params: CreateAdjustmentParams): Promise<Adjustment> {
  const identifier = params.cancel?.identifier;
  if (identifier === undefined) {
    throw invalidCancel('An adjustment of type cancel needs the identifier of its event.', 'cancel[identifier]');
  }
  const { event, meter } = await requireEvent(context, params.event_name, identifier);
  await requireInTime(context, event);
  await lockUsage(context, meter, event);
  if (!(await markCancelled(context, event, context.now))) throw alreadyCancelled(identifier);
  await recountMinute(context, meter, event);
  if (meter.formula === 'unique_count') await releaseValue(context, meter, event);
  const adjustment = {
    id: newModeId('meterEventAdjustment', context.account.livemode),
    eventName: params.event_name,
    identifier,
    createdAt: context.now,
  };
  await insertAdjustment(context, adjustment, event);
  return adjustment;
}

async function requireEvent(
  context: Context,
  eventName: string,
  identifier: string,
): Promise<{ event: StoredEvent; meter: Meter }> {
  const [event] = await findEventsByHash(context.db, [identifierHash(context.account.id, identifier)]);
  const meter = event && (await findMeter(context, event.meterId));
  if (event === undefined || meter === undefined) {
    throw invalidCancel(`No meter event was found with identifier ${identifier}.`, 'cancel[identifier]');
  }
  if (meter.eventName !== eventName) {
    const message = `The meter event with identifier ${identifier} has another event_name than ${eventName}.`;
    throw invalidCancel(message, 'event_name');
  }
  if (event.cancelledAt !== null) throw alreadyCancelled(identifier);
  return { event, meter };
}

async function requireInTime(context: Context, { identifier, receivedAtMs }: StoredEvent): Promise<void> {
  const { correctionHours } = await findSettings(context);
  if (receivedAtMs >= context.now.subtract({ hours: correctionHours }).epochMilliseconds) return;
  throw invalidCancel(
    `Meter events can be cancelled for ${correctionHours} hours after their receipt; the one with identifier ${identifier} was received at ${toRfc3339(receivedAtMs)}.`,
    'cancel[identifier]',
  );
}

function alreadyCancelled(identifier: string): StripeError {
  return invalidCancel(`The meter event with identifier ${identifier} is already cancelled.`, 'cancel[identifier]');
}

function invalidCancel(message: string, param: string): StripeError {
  return new StripeError({ status: 400, code: 'invalid_cancel_configuration', param, message });
}
