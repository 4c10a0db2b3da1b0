import { hash as digest, randomUUID } from 'node:crypto';
import {
  MAX_DIMENSIONS_BYTES,
  MAX_EVENT_AHEAD_MINUTES,
  MAX_USAGE_DECIMAL_PLACES,
  MAX_USAGE_INTEGER_DIGITS,
} from '../limits.ts';
import { type Decimal, decimal, decimalPlaces, formatDecimal, parseDecimal } from '../money/decimal.ts';
import { invalidRequest, resourceMissing, StripeError } from '../stripe/errors.ts';
import type { EventInput } from './event_input.ts';
import type { Meter } from './meter.ts';
import type { MeteringSettings } from './settings.ts';

/** An event that passed every check that needs no database. */
export type MeterEvent = {
  readonly meter: Meter;
  readonly customerId: string;
  readonly identifier: string;
  /** 32 hexadecimal digits that stand for (account, identifier); see `identifierHash`. */
  readonly hash: string;
  /** Unix milliseconds: when the usage happened, by its sender; it decides the billing period. */
  readonly eventAtMs: number;
  /** Unix milliseconds of the receipt. */
  readonly receivedAtMs: number;
  /** What is added up, exactly: a whole number where a double holds it. */
  readonly amount: number | Decimal;
  readonly payload: Readonly<Record<string, string>>;
  /** The values of the meter's dimensions by key, as JSON in the order of the meter's keys; `{}` without dimensions. */
  readonly dimensions: string;
};

/** An event that has its identifier, with the hash that stands for it. */
export type IdentifiedInput = {
  readonly input: EventInput;
  readonly identifier: string;
  readonly hash: string;
};

/** Gives an event its identifier: the sender's, or a new one. */
export function identify(accountId: string, input: EventInput): IdentifiedInput {
  const identifier = input.identifier ?? randomUUID();
  return { input, identifier, hash: identifierHash(accountId, identifier) };
}

/** What an event is checked by. */
export type CheckedBy = {
  readonly meter: Meter | undefined;
  readonly settings: MeteringSettings;
  /** The time of customers on test clocks, if the account has any. */
  readonly clockTimes: ReadonlyMap<string, number> | undefined;
  readonly nowMs: number;
  readonly receivedAtMs: number;
};

const MILLISECONDS_A_DAY = 86_400_000;
const WHOLE_NUMBER = /^-?[0-9]{1,15}$/;
const TOO_LARGE = decimal(`1${'0'.repeat(MAX_USAGE_INTEGER_DIGITS)}`);

/**
 * Checks an event by its meter. Answers the event, or the refusal with the error codes of the reference (they are those
 * of v2 and of the error reports; v1 documents none).
 */
export function checkEvent(identified: IdentifiedInput, by: CheckedBy): MeterEvent | StripeError {
  const { input, identifier, hash } = identified;
  const { meter, nowMs } = by;
  if (meter === undefined) return noMeter(input.eventName);
  if (meter.status === 'inactive') return archivedMeter(input.eventName);
  const customerId = payloadValue(input, meter.customerKey);
  const clockMs = by.clockTimes === undefined ? undefined : by.clockTimes.get(customerId ?? '');
  const timeProblem = input.timestampMs === undefined ? undefined : checkTimestamp(input.timestampMs, by, clockMs);
  if (timeProblem !== undefined) return timeProblem;
  if (customerId === undefined || customerId === '') return noCustomer(meter);
  const amount = readAmount(meter, input);
  if (amount instanceof StripeError) return amount;
  const dimensions = meter.dimensionKeys.length === 0 ? '{}' : readDimensions(meter, input);
  if (dimensions instanceof StripeError) return dimensions;
  return {
    meter,
    customerId,
    identifier,
    hash,
    eventAtMs: input.timestampMs ?? clockMs ?? nowMs,
    receivedAtMs: by.receivedAtMs,
    amount,
    payload: input.payload,
    dimensions,
  };
}

/** The first 16 bytes of SHA-256 over account and identifier, as 32 hexadecimal digits. */
export function identifierHash(accountId: string, identifier: string): string {
  return digest('sha256', `${accountId}\0${identifier}`, 'hex').slice(0, 32);
}

function payloadValue(input: EventInput, key: string): string | undefined {
  return Object.hasOwn(input.payload, key) ? input.payload[key] : undefined;
}

/** A test clock stands still, so its customers' events have no tolerance for senders that run ahead. */
function checkTimestamp(
  timestampMs: number,
  { settings, nowMs }: CheckedBy,
  clockMs: number | undefined,
): StripeError | undefined {
  const oldest = (clockMs ?? nowMs) - settings.maxEventAgeDays * MILLISECONDS_A_DAY;
  if (timestampMs < oldest) {
    return invalidRequest(
      `The event timestamp cannot be more than ${settings.maxEventAgeDays} days in past. Expected a timestamp greater than or equal to ${Math.ceil(oldest / 1000)}.`,
      'timestamp',
      'timestamp_too_far_in_past',
    );
  }
  const latest = clockMs ?? nowMs + MAX_EVENT_AHEAD_MINUTES * 60_000;
  if (timestampMs <= latest) return undefined;
  if (clockMs !== undefined) return aheadOfClock(clockMs);
  return invalidRequest(
    `The event timestamp cannot be more than ${MAX_EVENT_AHEAD_MINUTES} minutes in the future. Expected a timestamp less than or equal to ${Math.floor(latest / 1000)}.`,
    'timestamp',
    'timestamp_in_future',
  );
}

function aheadOfClock(clockMs: number): StripeError {
  return invalidRequest(
    `The event timestamp cannot be later than the time of the customer's test clock. Expected a timestamp less than or equal to ${Math.floor(clockMs / 1000)}.`,
    'timestamp',
    'timestamp_in_future',
  );
}

/** What the event adds: 1 for the formulas that do not look at a number. */
function readAmount(meter: Meter, input: EventInput): number | Decimal | StripeError {
  if (meter.formula === 'count') return 1;
  const text = payloadValue(input, meter.valueKey);
  if (text === undefined) {
    return invalidValue(meter, `Value key ${meter.valueKey} not found in payload.`, 'payload_no_value_defined');
  }
  if (meter.formula === 'unique_count') {
    return text === '' ? invalidValue(meter, `Value key ${meter.valueKey} is empty.`, 'payload_invalid_value') : 1;
  }
  // Adding 0 turns -0 into 0.
  if (WHOLE_NUMBER.test(text)) return Number(text) + 0;
  const value = parseDecimal(text);
  const param = `payload[${meter.valueKey}]`;
  if (value === undefined) {
    return invalidValue(
      meter,
      `Invalid value '${text.slice(0, 40).toWellFormed()}' in ${param}: it must be a number.`,
      'payload_invalid_value',
    );
  }
  if (value.abs().lt(TOO_LARGE) && decimalPlaces(value) <= MAX_USAGE_DECIMAL_PLACES) return value;
  return invalidValue(
    meter,
    `Too many digits in ${param}: at most ${MAX_USAGE_INTEGER_DIGITS} before and ${MAX_USAGE_DECIMAL_PLACES} after the point are allowed.`,
    'meter_event_value_too_many_digits',
  );
}

function readDimensions(meter: Meter, input: EventInput): string | StripeError {
  const missing = meter.dimensionKeys.filter((key) => payloadValue(input, key) === undefined);
  if (missing.length === 0) {
    const text = dimensionsText(meter, (key) => payloadValue(input, key) ?? '');
    return Buffer.byteLength(text) <= MAX_DIMENSIONS_BYTES ? text : tooLongDimensions();
  }
  return invalidRequest(
    `Dimension keys not found in payload: ${missing.join(', ')}.`,
    'payload',
    'missing_dimension_payload_keys',
  );
}

function tooLongDimensions(): StripeError {
  return invalidRequest(
    `The values of the dimensions are too long: all together at most ${MAX_DIMENSIONS_BYTES} bytes as JSON.`,
    'payload',
    'payload_invalid_value',
  );
}

/** JSON of a combination of dimension values; equal combinations have equal texts. */
function dimensionsText(meter: Meter, read: (key: string) => string): string {
  return JSON.stringify(Object.fromEntries(meter.dimensionKeys.map((key) => [key, read(key)])));
}

/**
 * The payload as it is kept: null when it holds nothing but the customer and the value in its shortest notation, which
 * the row tells anyway.
 */
export function keptPayload({ meter, payload, amount }: MeterEvent): string | null {
  const usesValue = meter.formula !== 'count' && meter.formula !== 'unique_count';
  const keys = Object.keys(payload).length;
  if (keys === (usesValue ? 2 : 1) && (!usesValue || payload[meter.valueKey] === amountText(amount))) return null;
  return JSON.stringify(payload);
}

/** The shortest plain notation of an amount. */
export function amountText(amount: number | Decimal): string {
  return typeof amount === 'number' ? String(amount) : formatDecimal(amount);
}

function noCustomer(meter: Meter): StripeError {
  return invalidRequest(
    `Customer mapping key ${meter.customerKey} not found in payload.`,
    `payload[${meter.customerKey}]`,
    'payload_no_customer_defined',
  );
}

function invalidValue(meter: Meter, message: string, code: string): StripeError {
  return invalidRequest(message, `payload[${meter.valueKey}]`, code);
}

function noMeter(eventName: string): StripeError {
  return invalidRequest(`No meter was found matching event_name ${eventName}.`, 'event_name', 'no_meter');
}

function archivedMeter(eventName: string): StripeError {
  return invalidRequest(
    `The meter of event_name ${eventName} is inactive and accepts no events.`,
    'event_name',
    'archived_meter',
  );
}

/** The customer of an event does not exist, or was deleted. */
export function unknownCustomer({ meter, customerId }: MeterEvent): StripeError {
  return resourceMissing('customer', customerId, `payload[${meter.customerKey}]`);
}

export function tooManyCombinations({ meter }: MeterEvent, limit: number, per: 'customer' | 'hour'): StripeError {
  const where = per === 'customer' ? 'for one customer' : 'newly within an hour';
  return invalidRequest(
    `The meter ${meter.id} has more than ${limit} combinations of dimension values ${where}.`,
    'payload',
    'meter_event_dimension_count_too_high',
  );
}
