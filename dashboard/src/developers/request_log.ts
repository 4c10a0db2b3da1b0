/** An entry of the request log; the bodies are told of one entry, not in lists. */
export type RequestLog = {
  readonly id: string;
  readonly created: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly duration_ms: number;
  readonly idempotency_key: string | null;
  readonly user: string | null;
  readonly user_agent: string | null;
  readonly request_body?: string;
  readonly response_body?: string;
};

/** A form as it reads best, a parameter a line; JSON with its indents; anything else as it is. */
export function readableBody(body: string): string {
  if (/^\s*[[{]/.test(body)) {
    try {
      return JSON.stringify(JSON.parse(body), null, 2);
    } catch {
      // Cut off in the middle: as it is.
      return body;
    }
  }
  return [...new URLSearchParams(body)].map(([name, value]) => `${name}=${value}`).join('\n');
}
