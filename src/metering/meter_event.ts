import { hash, randomUUID } from 'node:crypto';
import {
  MAX_EVENT_AGE_DAYS,
  MAX_EVENT_AHEAD_MINUTES,
  MAX_USAGE_DECIMAL_PLACES,
  MAX_USAGE_INTEGER_DIGITS,
} from '../limits.ts';
import { type Decimal, decimal, decimalPlaces, parseDecimal } from '../money/decimal.ts';
import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { toUnix } from '../time/instant.ts';
import type { Meter } from './meter.ts';
import type { CreateMeterEventParams, Payload } from './meter_event.params.ts';

/** An event that passed every check that needs no database. */
export type MeterEvent = {
  readonly meterId: string;
  readonly eventName: string;
  readonly customerId: string;
  readonly identifier: string;
  /** When the usage happened, by its sender; it decides the billing period. */
  readonly eventAt: Temporal.Instant;
  readonly value: Decimal;
  readonly payload: Payload;
};

/** A `count` meter takes every event as one. */
const ONE = decimal('1');

/**
 * Reads an event by its meter. Throws with the error codes of the reference (they are those of v2; v1 documents none).
 * The event's time must be within 35 days before and 5 minutes after `now`.
 */
export function readMeterEvent(meter: Meter, params: CreateMeterEventParams, now: Temporal.Instant): MeterEvent {
  if (meter.status === 'inactive') throw archivedMeter(params.event_name);
  const eventAt = params.timestamp ?? now;
  if (params.timestamp !== undefined) checkTimestamp(eventAt, now);
  return {
    meterId: meter.id,
    eventName: params.event_name,
    customerId: readCustomer(meter, params.payload),
    identifier: params.identifier ?? randomUUID(),
    eventAt,
    value: readValue(meter, params.payload),
    payload: params.payload,
  };
}

/** 16 bytes that stand for (account, identifier), as a uuid. */
export function identifierHash(accountId: string, identifier: string): string {
  const hex = hash('sha256', `${accountId}\0${identifier}`, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

function checkTimestamp(eventAt: Temporal.Instant, now: Temporal.Instant): void {
  const oldest = now.subtract({ hours: MAX_EVENT_AGE_DAYS * 24 });
  if (Temporal.Instant.compare(eventAt, oldest) < 0) {
    throw invalidRequest(
      `The event timestamp cannot be more than ${MAX_EVENT_AGE_DAYS} days in past. Expected a timestamp greater than or equal to ${toUnix(oldest)}.`,
      'timestamp',
      'timestamp_too_far_in_past',
    );
  }
  const latest = now.add({ minutes: MAX_EVENT_AHEAD_MINUTES });
  if (Temporal.Instant.compare(eventAt, latest) > 0) {
    throw invalidRequest(
      `The event timestamp cannot be more than ${MAX_EVENT_AHEAD_MINUTES} minutes in the future. Expected a timestamp less than or equal to ${toUnix(latest)}.`,
      'timestamp',
      'timestamp_in_future',
    );
  }
}

function readCustomer(meter: Meter, payload: Payload): string {
  const customerId = payload.get(meter.customerKey);
  if (customerId !== undefined && customerId !== '') return customerId;
  throw invalidRequest(
    `Customer mapping key ${meter.customerKey} not found in payload.`,
    `payload[${meter.customerKey}]`,
    'payload_no_customer_defined',
  );
}

function readValue(meter: Meter, payload: Payload): Decimal {
  if (meter.formula === 'count') return ONE;
  const param = `payload[${meter.valueKey}]`;
  const text = payload.get(meter.valueKey);
  if (text === undefined) {
    throw invalidRequest(`Value key ${meter.valueKey} not found in payload.`, param, 'payload_no_value_defined');
  }
  const value = parseDecimal(text);
  if (value === undefined) {
    throw invalidRequest(
      `Invalid value '${text.slice(0, 40)}' in ${param}: it must be a number.`,
      param,
      'payload_invalid_value',
    );
  }
  const limit = decimal(`1${'0'.repeat(MAX_USAGE_INTEGER_DIGITS)}`);
  if (value.abs().gte(limit) || decimalPlaces(value) > MAX_USAGE_DECIMAL_PLACES) {
    throw invalidRequest(
      `Too many digits in ${param}: at most ${MAX_USAGE_INTEGER_DIGITS} before and ${MAX_USAGE_DECIMAL_PLACES} after the point are allowed.`,
      param,
      'meter_event_value_too_many_digits',
    );
  }
  return value;
}

export function noMeter(eventName: string): StripeError {
  return invalidRequest(`No meter was found matching event_name ${eventName}.`, 'event_name', 'no_meter');
}

export function archivedMeter(eventName: string): StripeError {
  return invalidRequest(
    `The meter of event_name ${eventName} is inactive and accepts no events.`,
    'event_name',
    'archived_meter',
  );
}

/** The refusal of a repetition. Clients match on this text, and it has no code, as in the original. */
export function duplicateBody(identifier: string): string {
  const message = `An event already exists with identifier ${identifier}.`;
  return JSON.stringify({ error: { message, type: 'invalid_request_error' } });
}
