import type { EventInput } from '../event_input.ts';
import { problem, toEvent } from './event_row.ts';
import type { RowProblem } from './row.ts';

type Fields = Record<string, unknown>;
type Payload = Record<string, string>;

const PAYLOAD_PREFIX = 'payload_';

/**
 * The event of a JSON object `{identifier, timestamp, event_name, payload: {…}}`; instead of `payload`, or beside it,
 * `payload_<key>` may stand. A number keeps all of its digits. Null is absent.
 */
export function readJsonRow(text: string, isCut: boolean): EventInput | RowProblem {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    if (isCut) return problem('truncated_row', 'The file ends inside this row.');
    return problem('invalid_json', `The row is not valid JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  if (!isObject(fields)) return problem('invalid_json', 'The row is not a JSON object.');
  return INEXACT_NUMBER.test(text) ? readFields(asWritten(text, fields)) : readFields(fields);
}

/** Whole numbers of up to 15 digits a double returns as they were; of others, such as `1.10`, only the text is exact. */
const INEXACT_NUMBER = /:\s*-?(?:\d{16}|\d+[.eE])/;

/** The object with its numbers as they are written. */
function asWritten(text: string, { timestamp }: Fields): Fields {
  const keep = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value;
  return { ...(JSON.parse(text, keep) as Fields), timestamp };
}

function readFields(fields: Fields): EventInput | RowProblem {
  const payload: Payload = {};
  for (const name in fields) {
    const value = fields[name];
    const found = name === 'payload' ? addAll(payload, value) : topLevel(payload, name, value);
    if (found !== undefined) return found;
  }
  const { event_name: eventName, identifier, timestamp } = fields;
  return toEvent({
    eventName: textOf(eventName),
    identifier: textOf(identifier),
    timestamp: textOf(timestamp),
    payload,
  });
}

function topLevel(payload: Payload, name: string, value: unknown): RowProblem | undefined {
  if (name === 'event_name' || name === 'identifier' || name === 'timestamp') {
    if (value === null || typeof value === 'string' || typeof value === 'number') return undefined;
    return problem('invalid_string', `Invalid ${name}: it must be a string.`);
  }
  if (name.startsWith(PAYLOAD_PREFIX)) return addTo(payload, name.slice(PAYLOAD_PREFIX.length), value);
  return problem('parameter_unknown', `Unknown key '${name.slice(0, 60)}'.`);
}

/** Null and the empty text are absent. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function addAll(payload: Payload, values: unknown): RowProblem | undefined {
  if (values === null) return undefined;
  if (!isObject(values)) return problem('invalid_payload', 'Invalid payload: it must be an object.');
  for (const key in values) {
    const found = addTo(payload, key, values[key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function addTo(payload: Payload, key: string, value: unknown): RowProblem | undefined {
  if (value === null) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') {
    return problem('invalid_payload', `Invalid payload value of ${key.slice(0, 40)}: it must be a string or a number.`);
  }
  if (Object.hasOwn(payload, key)) {
    return problem('invalid_payload', `The payload key ${key.slice(0, 40)} stands in the row twice.`);
  }
  // Assigning to this one name would set the prototype.
  if (key === '__proto__') Object.defineProperty(payload, key, { value: String(value), enumerable: true });
  else payload[key] = String(value);
  return undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
