import { newId } from '../stripe/ids.ts';
import type { RejectedInput } from './event_input.ts';
import type { EventOutcome, IngestRequest } from './ingest_request.ts';
import type { RejectedRow } from './ingest.sql.ts';

/**
 * The codes under which events are told as rejected afterwards (reference: meter error reports), by the codes with
 * which the synchronous doors refuse them.
 */
const REPORT_CODES: Readonly<Record<string, string>> = {
  payload_invalid_value: 'meter_event_invalid_value',
  payload_no_customer_defined: 'meter_event_no_customer_defined',
  payload_no_value_defined: 'meter_event_value_not_found',
  resource_missing: 'meter_event_customer_not_found',
};

type Rejected = Extract<EventOutcome, { kind: 'rejected' }>;

/** The rows that keep a request's rejected events. */
export function rejectedRows(request: IngestRequest, outcomes: readonly EventOutcome[]): RejectedRow[] {
  if (!request.keepsRejected) return [];
  const rejected = outcomes.filter((outcome) => outcome.kind === 'rejected');
  return [
    ...rejected.map((outcome) => rejectedRow(request, outcome)),
    ...request.malformed.map((input) => malformedRow(request, input)),
  ];
}

function rejectedRow(request: IngestRequest, rejected: Rejected): RejectedRow {
  const { error, meterId, customerId } = rejected;
  const { input, identifier } = rejected.input;
  const { code = '', message } = error.fields;
  return {
    ...head(request),
    eventName: input.eventName,
    identifier,
    meterId,
    customerId,
    eventAt: eventTimeText(input.timestampMs ?? request.nowMs),
    payload: input.payload,
    code: REPORT_CODES[code] ?? code,
    message: message.toWellFormed(),
  };
}

function malformedRow(request: IngestRequest, { input, code, message }: RejectedInput): RejectedRow {
  return {
    ...head(request),
    eventName: input.eventName ?? null,
    identifier: input.identifier ?? null,
    meterId: null,
    customerId: null,
    eventAt: eventTimeText(input.timestampMs ?? request.nowMs),
    payload: input.payload ?? null,
    code,
    message: message.toWellFormed(),
  };
}

function head({ accountId, nowMs }: IngestRequest) {
  return { accountId, id: newId('rejectedMeterEvent'), receivedAt: instantText(nowMs) };
}

/** The years 1 to 9999: PostgreSQL has no year 0, and an offset can lead into the year 10000. */
const EARLIEST_MILLISECONDS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MILLISECONDS = Date.parse('9999-12-31T23:59:59.999Z');

/** An event's own time as it is kept; null for one that can't be. */
function eventTimeText(milliseconds: number): string | null {
  return milliseconds < EARLIEST_MILLISECONDS || milliseconds > LATEST_MILLISECONDS ? null : instantText(milliseconds);
}

function instantText(milliseconds: number): string {
  return Temporal.Instant.fromEpochMilliseconds(milliseconds).toString();
}
