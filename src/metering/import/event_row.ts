import { isStorable } from '../meter_event.params.ts';
import { MAX_PAYLOAD_KEYS, MAX_PAYLOAD_VALUE_CHARACTERS } from '../../limits.ts';
import type { EventInput } from '../event_input.ts';
import type { RowProblem } from './row.ts';
import { readTimestamp } from './timestamp.ts';

/** The bounds of the other doors (`meter_event.params.ts`): an event is the same whichever way it comes. */
const MAX_NAME_CHARACTERS = 100;

/** A row taken apart. An absent identifier or timestamp is undefined. */
export type RowFields = {
  readonly eventName: string | undefined;
  readonly identifier: string | undefined;
  readonly timestamp: string | undefined;
  readonly payload: Readonly<Record<string, string>>;
};

/** The event of a row, or what keeps the row from being one. Codes are those of the API where it has one. */
export function toEvent({ eventName, identifier, timestamp, payload }: RowFields): EventInput | RowProblem {
  if (eventName === undefined || eventName === '') return problem('parameter_missing', 'The row has no event_name.');
  const timestampMs = timestamp === undefined ? undefined : readTimestamp(timestamp);
  if (Number.isNaN(timestampMs)) {
    return problem(
      'invalid_timestamp',
      `Invalid timestamp '${timestamp?.slice(0, 40)}': it must be whole unix seconds or an RFC 3339 time.`,
    );
  }
  return (
    nameProblem('event_name', eventName) ??
    (identifier === undefined ? undefined : nameProblem('identifier', identifier)) ??
    payloadProblem(payload) ?? { eventName, payload, identifier, timestampMs }
  );
}

function nameProblem(name: string, value: string): RowProblem | undefined {
  if (value.length > MAX_NAME_CHARACTERS) {
    return problem('invalid_string', `Invalid ${name}: it must be at most ${MAX_NAME_CHARACTERS} characters.`);
  }
  return isStorable(value) ? undefined : unstorable(name);
}

function payloadProblem(payload: Readonly<Record<string, string>>): RowProblem | undefined {
  let keys = 0;
  for (const key in payload) {
    const found = nameProblem(`payload key '${key.slice(0, 40)}'`, key) ?? valueProblem(key, payload[key] ?? '');
    if (found !== undefined) return found;
    keys++;
  }
  if (keys <= MAX_PAYLOAD_KEYS) return undefined;
  return problem('invalid_payload', `A payload can have at most ${MAX_PAYLOAD_KEYS} keys.`);
}

function valueProblem(key: string, value: string): RowProblem | undefined {
  if (value.length > MAX_PAYLOAD_VALUE_CHARACTERS) {
    return problem(
      'invalid_payload',
      `Invalid payload value of ${key}: it must be at most ${MAX_PAYLOAD_VALUE_CHARACTERS} characters.`,
    );
  }
  return isStorable(value) ? undefined : unstorable(`payload value of ${key}`);
}

function unstorable(name: string): RowProblem {
  return problem('invalid_string', `Invalid ${name}: it must not contain a NUL character or half of a surrogate pair.`);
}

export function problem(code: string, message: string): RowProblem {
  return { code, message };
}
