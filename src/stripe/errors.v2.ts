import type { ErrorAnswer, ErrorFields, StripeError } from './errors.ts';

/**
 * What is wrong with parameters has one code in v2, by which the official clients know it: `invalid_fields`. The
 * message says what it is.
 */
const CODES_OF_FIELDS = /^parameter_(invalid|missing|unknown)/;

/** The code of an error that v1 tells by its status alone. */
const CODES: Readonly<Record<number, string>> = {
  401: 'invalid_api_key',
  404: 'not_found',
  413: 'request_too_large',
  429: 'rate_limit',
  500: 'internal_error',
  503: 'service_unavailable',
};

/**
 * An error in the shape of API v2: `{error: {code, message, type}}`, where `code` is always there and `param` never is,
 * so that the message names the field. An idempotency error is 409 here (v1: 400), and will be the same for ever.
 */
export function tellInV2(error: StripeError): ErrorAnswer {
  const { fields } = error;
  const isMismatch = fields.type === 'idempotency_error' && fields.status === 400;
  return {
    status: isMismatch ? 409 : fields.status,
    body: { error: { code: codeOf(fields), message: messageOf(fields), type: typeOf(fields) } },
    shouldRetry: isMismatch ? false : fields.shouldRetry,
  };
}

function codeOf({ status, type, code }: ErrorFields): string {
  if (code === 'resource_missing' && status === 404) return 'not_found';
  if (code !== undefined && !CODES_OF_FIELDS.test(code)) return code;
  if (type === 'idempotency_error') return 'idempotency_error';
  return CODES[status] ?? 'invalid_fields';
}

function messageOf({ message, param }: ErrorFields): string {
  return param === undefined || param === 'id' || message.includes(param) ? message : `${param}: ${message}`;
}

/** The official clients choose their class of error by it. */
function typeOf({ status, type }: ErrorFields): string {
  return type ?? (status === 429 ? 'rate_limit' : 'invalid_request_error');
}
