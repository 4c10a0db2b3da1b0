import type { JsonObject } from './json.ts';

/**
 * The error catalogue. Every answer of 4xx that the API gives is made here, so that a message is worded once and
 * `docs` and tests can list them. Texts follow Stripe's where its text is known (clients match on some of them).
 */

type ErrorType =
  | 'api_error'
  | 'card_error'
  | 'idempotency_error'
  | 'invalid_request_error'
  | 'temporary_session_expired';

export type ErrorFields = {
  readonly status: number;
  readonly type?: ErrorType;
  readonly code?: string;
  readonly param?: string;
  readonly message: string;
  /** Further fields of the error: why a bank declined, and the objects as they are after it. */
  readonly details?: JsonObject;
  /** False: the same request can never succeed, `stripe-should-retry: false` tells the client so. */
  readonly shouldRetry?: boolean;
  /** True for errors found before anything ran: these are not stored under an idempotency key. */
  readonly beforeExecution?: boolean;
};

/** An error as a dialect answers it. */
export type ErrorAnswer = {
  readonly status: number;
  readonly body: { readonly error: JsonObject };
  readonly shouldRetry: boolean | undefined;
};

/** Codes that Stripe's page of error codes explains, and that therefore get a link. */
const DOCUMENTED_CODES = new Set([
  'account_number_invalid',
  'amount_too_large',
  'amount_too_small',
  'api_key_expired',
  'authentication_required',
  'card_declined',
  'charge_already_refunded',
  'charge_not_refundable',
  'coupon_expired',
  'customer_max_subscriptions',
  'email_invalid',
  'expired_card',
  'idempotency_key_in_use',
  'incorrect_cvc',
  'incorrect_number',
  'invalid_cvc',
  'invalid_expiry_month',
  'invalid_expiry_year',
  'invoice_no_customer_line_items',
  'invoice_no_subscription_line_items',
  'invoice_not_editable',
  'invoice_upcoming_none',
  'lock_timeout',
  'parameter_invalid_empty',
  'parameter_invalid_integer',
  'parameter_missing',
  'parameter_unknown',
  'parameters_exclusive',
  'payment_intent_authentication_failure',
  'payment_intent_incompatible_payment_method',
  'payment_intent_payment_attempt_failed',
  'payment_intent_unexpected_state',
  'payment_method_unexpected_state',
  'processing_error',
  'rate_limit',
  'resource_already_exists',
  'resource_missing',
  'routing_number_invalid',
  'setup_intent_authentication_failure',
  'setup_intent_unexpected_state',
  'tax_id_invalid',
  'testmode_charges_only',
]);

/** The page that explains a code, where there is one. */
export function docUrl(code: string): string | undefined {
  return DOCUMENTED_CODES.has(code) ? `https://docs.stripe.com/error-codes/${code.replaceAll('_', '-')}` : undefined;
}

/** An error that belongs to the caller; anything else that is thrown is our own mistake and answers 500. */
export class StripeError extends Error {
  readonly fields: ErrorFields;

  constructor(fields: ErrorFields) {
    super(fields.message);
    this.name = 'StripeError';
    this.fields = fields;
  }

  /** The JSON body in v1: `{error: {type, message, code?, param?}}`. `errors.v2.ts` has the other shape. */
  get body(): { error: JsonObject } {
    const { type = 'invalid_request_error', code, param, message, details } = this.fields;
    return {
      error: {
        ...details,
        ...(code === undefined ? {} : { code }),
        ...(code === undefined || docUrl(code) === undefined ? {} : { doc_url: docUrl(code) }),
        message,
        ...(param === undefined ? {} : { param }),
        type,
      },
    };
  }
}

/** 400: a parameter, alone or with others, asks for something that is not allowed. */
export function invalidRequest(message: string, param?: string, code?: string): StripeError {
  return new StripeError({
    status: 400,
    message,
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  });
}

/** What a bank, or whoever stands for it, says against a payment or a payment method. */
export type Refusal = {
  readonly code: string;
  readonly declineCode?: string | null;
  readonly message: string;
  readonly param?: string;
};

/** 402: the request was right, and the payment or the payment method was refused. `details` are the objects after it. */
export function cardError(refusal: Refusal, details: JsonObject = {}): StripeError {
  const { code, declineCode, message, param } = refusal;
  return new StripeError({
    status: 402,
    type: 'card_error',
    code,
    message,
    ...(param === undefined ? {} : { param }),
    details: { ...(declineCode ? { decline_code: declineCode } : {}), ...details },
  });
}

/** 400: the built-in gateway moves no real money, so no live account may use it. */
export function testmodeChargesOnly(): StripeError {
  return invalidRequest(
    'Your account cannot currently make live charges: the built-in gateway is for test accounts only.',
    undefined,
    'testmode_charges_only',
  );
}

/** 400 before anything ran: the request can't be read (encoding, names, size). */
export function unreadableRequest(message: string, status = 400): StripeError {
  return new StripeError({ status, message, beforeExecution: true });
}

export function missingKey(): StripeError {
  return new StripeError({
    status: 401,
    beforeExecution: true,
    message:
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'), or as the user name of Basic auth.",
  });
}

/** The session of a page is over, or nobody is logged in. */
export function noSession(): StripeError {
  return new StripeError({
    status: 401,
    beforeExecution: true,
    message: 'Your session is over. Please log in again.',
    code: 'session_expired',
  });
}

/** What only people may do, and no program that holds a key. */
export function needsUser(): StripeError {
  return new StripeError({
    status: 403,
    message: 'This is for users of the dashboard alone: log in there, or use `npx usance keys`.',
  });
}

/** It does not say which of the two is wrong: that would tell who has an account. */
export function wrongLogin(): StripeError {
  return new StripeError({ status: 401, beforeExecution: true, message: 'No user has this email and password.' });
}

export function usedLink(): StripeError {
  return new StripeError({
    status: 401,
    beforeExecution: true,
    message: 'This link was used before, or is too old. Run `npx usance login` for a new one.',
  });
}

export function tooManyLogins(): StripeError {
  return new StripeError({
    status: 429,
    beforeExecution: true,
    message: 'Too many failed log-ins. Please wait a minute.',
    code: 'rate_limit',
  });
}

export function invalidKey(key: string): StripeError {
  return new StripeError({ status: 401, beforeExecution: true, message: `Invalid API Key provided: ${redact(key)}` });
}

export function revokedKey(key: string): StripeError {
  return new StripeError({
    status: 401,
    code: 'api_key_expired',
    beforeExecution: true,
    message: `Expired API Key provided: ${redact(key)}`,
  });
}

/** The token of a meter event session where a secret key is wanted. */
export function misplacedToken(): StripeError {
  return new StripeError({
    status: 401,
    beforeExecution: true,
    message:
      'You provided the authentication token of a meter event session, which is good for /v2/billing/meter_event_stream only. Use a secret key here.',
  });
}

/** Keeps the prefix and the last four characters, as `usance keys list` shows them. */
export function redact(key: string): string {
  const printable = key.replaceAll(/[^\x20-\x7e]/g, '?');
  if (printable.length <= 12) return '*'.repeat(printable.length);
  return `${printable.slice(0, 8)}${'*'.repeat(Math.min(printable.length - 12, 24))}${printable.slice(-4)}`;
}

/** `param` is `id` for the object that the path names (404), else the parameter that refers to it (400). */
export function resourceMissing(kind: string, id: string, param = 'id'): StripeError {
  return new StripeError({
    status: param === 'id' ? 404 : 400,
    code: 'resource_missing',
    param,
    message: `No such ${kind}: '${id}'`,
  });
}

export function unknownParameters(names: readonly string[]): StripeError {
  return new StripeError({
    status: 400,
    code: 'parameter_unknown',
    param: names[0] ?? '',
    beforeExecution: true,
    message: `Received unknown parameter${names.length > 1 ? 's' : ''}: ${names.join(', ')}`,
  });
}

/** The parameter exists at Stripe and would mean something; this server says that it can't act on it yet. */
export function unservedParameter(name: string): StripeError {
  return new StripeError({
    status: 400,
    code: 'parameter_not_served',
    param: name,
    beforeExecution: true,
    message: `The parameter ${name} is not served by Usance yet. Remove it, or see docs/compatibility.md for what works.`,
  });
}

/** The operation exists at Stripe but not here. 501 is not retried by the clients because shouldRetry is false. */
export function unservedOperation(method: string, path: string): StripeError {
  return new StripeError({
    status: 501,
    code: 'operation_not_served',
    shouldRetry: false,
    beforeExecution: true,
    message: `${method} ${path} is not served by Usance yet. See docs/compatibility.md for what works.`,
  });
}

export function unknownRoute(method: string, path: string): StripeError {
  return new StripeError({
    status: 404,
    beforeExecution: true,
    message: `Unrecognized request URL (${method}: ${path}). Check the path and the method; docs/compatibility.md lists every operation that is served.`,
  });
}

export function missingParameter(name: string): StripeError {
  return new StripeError({
    status: 400,
    code: 'parameter_missing',
    param: name,
    beforeExecution: true,
    message: `Missing required param: ${name}.`,
  });
}

/** A value of the wrong type or outside its range. */
export function invalidParameter(name: string, message: string, code?: string): StripeError {
  return new StripeError({
    status: 400,
    param: name,
    beforeExecution: true,
    message,
    ...(code === undefined ? {} : { code }),
  });
}

export function idempotencyMismatch(key: string): StripeError {
  return new StripeError({
    status: 400,
    type: 'idempotency_error',
    beforeExecution: true,
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  });
}

export function idempotencyInUse(key: string): StripeError {
  return new StripeError({
    status: 409,
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    beforeExecution: true,
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
  });
}

/** 503: the database could not be reached. The client sends the same request again, which keys make safe. */
export function unavailable(): StripeError {
  return new StripeError({
    status: 503,
    type: 'api_error',
    shouldRetry: true,
    beforeExecution: true,
    message: 'The database is unavailable for the moment. Please try again.',
  });
}

/** 429 without a rate limit: another request holds the object (reference: lock timeouts). */
export function lockTimeout(): StripeError {
  return new StripeError({
    status: 429,
    code: 'lock_timeout',
    shouldRetry: true,
    beforeExecution: true,
    message: 'This object cannot be accessed right now because another request is changing it. Please try again.',
  });
}

export function internalError(requestId: string): StripeError {
  return new StripeError({
    status: 500,
    type: 'api_error',
    shouldRetry: false,
    message: `An unknown error occurred. It is logged under the request id ${requestId}.`,
  });
}
