import { MAX_PAYLOAD_KEYS, MAX_PAYLOAD_VALUE_CHARACTERS } from '../limits.ts';
import type { EventInput } from './event_input.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import { string, timestamp } from '../stripe/params.types.ts';

export const MAX_PAYLOAD_KEY_CHARACTERS = 100;
export const MAX_EVENT_NAME_CHARACTERS = 100;
export const MAX_IDENTIFIER_CHARACTERS = 100;

export type Payload = ReadonlyMap<string, string>;

/** A flat map of texts. Values may be empty here: whether an empty one is allowed depends on the meter. */
export const payload: ParamType<Payload> = {
  shape: { kind: 'map', of: { kind: 'scalar', name: 'string' } },
  decode(node, path, problems) {
    if (typeof node === 'string') {
      problems.type(path, 'Invalid object');
      return undefined;
    }
    const result = new Map<string, string>();
    for (const [key, value] of node) {
      const at = `${path}[${key}]`;
      if (typeof value !== 'string') problems.type(at, 'Invalid string: payload values can not be nested');
      else if (value.includes('\0') || key.includes('\0'))
        problems.type(at, 'Invalid string: it must not contain a NUL character');
      else if (key.length > MAX_PAYLOAD_KEY_CHARACTERS)
        problems.range(at, `Payload keys can be at most ${MAX_PAYLOAD_KEY_CHARACTERS} characters`);
      else if (value.length > MAX_PAYLOAD_VALUE_CHARACTERS)
        problems.range(at, `Payload values can be at most ${MAX_PAYLOAD_VALUE_CHARACTERS} characters`);
      else result.set(key, value);
    }
    if (node.size > MAX_PAYLOAD_KEYS) problems.range(path, `A payload can have at most ${MAX_PAYLOAD_KEYS} keys`);
    return result;
  },
};

export const createMeterEventParams = object({
  event_name: required(string({ max: MAX_EVENT_NAME_CHARACTERS })),
  payload: required(payload),
  identifier: string({ max: MAX_IDENTIFIER_CHARACTERS }),
  timestamp: timestamp(),
});

export type CreateMeterEventParams = ParamsOf<typeof createMeterEventParams>;

/** The event that the parameters describe. */
export function toInput({
  event_name,
  payload: values,
  identifier,
  timestamp: at,
}: CreateMeterEventParams): EventInput {
  return {
    eventName: event_name,
    payload: Object.fromEntries(values),
    identifier,
    timestampMs: at?.epochMilliseconds,
  };
}

/** PostgreSQL holds neither the NUL character nor half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
