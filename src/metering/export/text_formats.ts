import { MAX_EXPORT_COLUMNS } from '../../limits.ts';
import { type ExportedEvent, timeText } from './exported_event.ts';

/*
 * The formats that `usance events import` reads: identifier, timestamp, event_name and payload, nothing more, because a
 * column that nobody reads would stop an import.
 */

/** Events as they come from the database, some thousand at a time. */
export type EventBatches = AsyncIterable<readonly ExportedEvent[]>;

/** One JSON object a line. */
export async function* jsonlText(batches: EventBatches): AsyncGenerator<string> {
  for await (const events of batches) yield events.map(jsonLine).join('');
}

function jsonLine({ identifier, eventAtMs, eventName, payload }: ExportedEvent): string {
  return `${JSON.stringify({ identifier, timestamp: timeText(eventAtMs), event_name: eventName, payload })}\n`;
}

/** What a CSV can't say and the other formats can. The message tells what to do. */
class NotForCsv extends Error {
  constructor(what: string) {
    super(`${what}: a CSV can't tell that. Use --format jsonl.`);
  }
}

/** A CSV with a column `payload_<key>` for each key. Throws for keys and values that its import would read differently. */
export async function* csvText(batches: EventBatches, payloadKeys: readonly string[]): AsyncGenerator<string> {
  checkKeys(payloadKeys);
  const header = ['identifier', 'timestamp', 'event_name', ...payloadKeys.map((key) => `payload_${key}`)];
  yield `${header.map(cell).join(',')}\n`;
  for await (const events of batches) yield events.map((event) => csvLine(event, payloadKeys)).join('');
}

function csvLine({ identifier, eventAtMs, eventName, payload }: ExportedEvent, payloadKeys: readonly string[]): string {
  const values = payloadKeys.map((key) => (Object.hasOwn(payload, key) ? valueOf(identifier, key, payload[key]) : ''));
  return `${cell(identifier)},${timeText(eventAtMs)},${cell(eventName)},${values.join(',')}\n`;
}

function checkKeys(keys: readonly string[]): void {
  if (keys.length > MAX_EXPORT_COLUMNS)
    throw new NotForCsv(`The events have more than ${MAX_EXPORT_COLUMNS} payload keys`);
  // The import trims names, as people write them with spaces.
  const unclear = keys.find((key) => key === '' || key !== key.trimEnd());
  if (unclear !== undefined)
    throw new NotForCsv(`The payload key ${JSON.stringify(unclear)} is empty or ends in a space`);
}

function valueOf(identifier: string, key: string, value = ''): string {
  if (value !== '') return cell(value);
  throw new NotForCsv(
    `The payload value of ${key} in the event ${identifier} is empty, which is not the same as absent`,
  );
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
