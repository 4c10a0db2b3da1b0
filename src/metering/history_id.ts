import { ID_PREFIXES } from '../stripe/ids.ts';
import type { EventPlace } from './stored_event.sql.ts';

/*
 * The id of an event in the history is its place, so that it costs no column and no index: `mtr_event_test_` (or
 * `mtr_event_`) and three numbers of nine base-62 characters, the event's time first. It is no secret: it opens an event
 * of its own account only.
 */

const PREFIX = 'mtr_event_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^9 is above 2^53, the bound of the numbers that ingest makes. */
const CHARACTERS = 9;
const PATTERN = /^mtr_event_(?:test_)?([0-9A-Za-z]{9})([0-9A-Za-z]{9})([0-9A-Za-z]{9})$/;
/** The last millisecond that the wire can tell, 9999-12-31T23:59:59.999Z. */
const LATEST_MILLISECONDS = 253_402_300_799_999n;

/** The id of the event at a place. Its time must not lie before 1970. */
export function encodeEventId({ eventAtMs, seriesId, sequence }: EventPlace, livemode: boolean): string {
  const numbers = [BigInt(eventAtMs), seriesId, sequence];
  return `${PREFIX}${livemode ? '' : 'test_'}${numbers.map(encode).join('')}`;
}

/** The place that an id of this mode tells; undefined for any other text. */
export function decodeEventId(id: string, livemode: boolean): EventPlace | undefined {
  const [, time = '', series = '', sequence = ''] = PATTERN.exec(id) ?? [];
  if (time === '' || livemode === id.startsWith(`${PREFIX}test_`)) return undefined;
  const at = decode(time);
  if (at > LATEST_MILLISECONDS) return undefined;
  return { eventAtMs: Number(at), seriesId: decode(series), sequence: decode(sequence) };
}

/** True for the id of an event that could not be counted. */
export function isRejectedEventId(id: string): boolean {
  return id.startsWith(ID_PREFIXES.rejectedMeterEvent);
}

function encode(value: bigint): string {
  let text = '';
  for (let rest = value, place = 0; place < CHARACTERS; place++, rest /= 62n) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
  }
  return text;
}

function decode(text: string): bigint {
  let value = 0n;
  for (const character of text) value = value * 62n + BigInt(ALPHABET.indexOf(character));
  return value;
}
