import type { Queryable } from '../db/pool.ts';
import type { Observer, SeenRequest } from '../stripe/http.ts';
import { maskAnswer, maskRequest } from './mask.ts';
import { insertRequestLogs, type RequestLogRow } from './request_log.sql.ts';

/** Entries that a process writes a second: a page of a person's work, and half a percent of what the database can write. */
const MAX_LOGGED_REQUESTS_A_SECOND = 200;

/** What is kept of a body: an invoice with its lines has some 4,000 characters, and nobody reads more than a few. */
const MAX_LOGGED_BODY_CHARACTERS = 16_384;

/** Collects what was asked and answered, and writes it together, once a second. */
export class RequestRecorder implements Observer {
  private entries: RequestLogRow[] = [];
  private leftOut = 0;

  /** Changes and failures; of the doors for events only failures. */
  isWanted(method: string, status: number, isIngest: boolean): boolean {
    return status >= 400 || (method !== 'GET' && !isIngest);
  }

  /** Remembers a request, unless there are too many. */
  note(seen: SeenRequest): void {
    if (this.entries.length >= MAX_LOGGED_REQUESTS_A_SECOND) {
      this.leftOut++;
      return;
    }
    this.entries.push(rowOf(seen));
  }

  /** Writes what was noted since the last time; answers how many requests were left out meanwhile. */
  async flush(db: Queryable): Promise<number> {
    const [rows, leftOut] = [this.entries, this.leftOut];
    this.entries = [];
    this.leftOut = 0;
    await insertRequestLogs(db, rows);
    return leftOut;
  }
}

function rowOf(seen: SeenRequest): RequestLogRow {
  return {
    account_id: seen.account.id,
    id: seen.id,
    created_at: seen.at,
    method: seen.method,
    path: cut(seen.path),
    query: cut(maskRequest(seen.query)),
    status: seen.status,
    duration_ms: seen.durationMs,
    user_email: seen.account.visitor?.email ?? null,
    user_agent: seen.userAgent?.slice(0, 200) ?? null,
    idempotency_key: seen.idempotencyKey?.slice(0, 255) ?? null,
    request_body: cut(maskRequest(seen.requestBody)),
    response_body: cut(maskAnswer(seen.responseBody)),
  };
}

/** Without the character that PostgreSQL can't keep, and no longer than a person reads. */
function cut(text: string): string {
  const whole = text.replaceAll('\0', '\uFFFD');
  return whole.length <= MAX_LOGGED_BODY_CHARACTERS ? whole : `${whole.slice(0, MAX_LOGGED_BODY_CHARACTERS)}…`;
}
