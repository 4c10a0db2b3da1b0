/**
 * The bounds of the server that an operator or several folders may ask about: the unit is in the name, the reason beside
 * it. A bound of one parameter stands where that parameter is declared.
 */

/** Stripe's own limits are far below; 256 KiB holds a subscription of 20 items with full metadata four times over. */
export const MAX_BODY_BYTES = 256 * 1024;

/** A price with 100 tiers in 10 currencies needs about 4,000 pairs; anything larger is not a person's request. */
export const MAX_FORM_PARAMETERS = 5_000;

/** The deepest name of the API surface has 6 parts (`schedule_details[phases][0][items][0][price_data]…` has 8). */
export const MAX_FORM_DEPTH = 10;

/** The plain string of the reference. */
export const MAX_STRING_CHARACTERS = 5_000;

export const MAX_METADATA_KEYS = 50;
export const MAX_METADATA_KEY_CHARACTERS = 40;
export const MAX_METADATA_VALUE_CHARACTERS = 500;

export const MAX_LIST_LIMIT = 100;
export const DEFAULT_LIST_LIMIT = 10;

export const MAX_EXPAND_DEPTH = 4;

/** Expanding one field loads its objects in one query, so this bounds the queries of a request. */
export const MAX_EXPAND_PATHS = 50;

/** Objects that one request may expand: a page of 100 subscriptions of 20 items with their products needs 2,000. */
export const MAX_EXPANDED_OBJECTS = 5_000;

export const MAX_IDEMPOTENCY_KEY_CHARACTERS = 255;

/** Stripe keeps keys for at least 24 hours; the sweep runs hourly. */
export const IDEMPOTENCY_KEY_HOURS = 24;

/** The largest amount of the API: 8 digits of minor units. */
export const MAX_AMOUNT = 99_999_999n;

export const MAX_DECIMAL_PLACES = 12;

export const MAX_TIERS = 100;

export const MAX_SUBSCRIPTION_ITEMS = 20;

/** Units of a licensed item: at the largest price, 20 such items stay far inside the 8 bytes of an amount. */
export const MAX_QUANTITY = 999_999_999n;

/** Days to pay a sent invoice: three years, the longest billing period. Stripe names no limit. */
export const MAX_DAYS_UNTIL_DUE = 1_095;

/** Stripe's `customer_max_subscriptions`. */
export const MAX_SUBSCRIPTIONS_PER_CUSTOMER = 500;

/** Meter events may be this old, judged by their own timestamp. */
export const MAX_EVENT_AGE_DAYS = 35;

/** Tolerance for clocks of senders that run ahead. */
export const MAX_EVENT_AHEAD_MINUTES = 5;

/**
 * Digits of one usage value: 15 before the point and 12 after. Stripe's limit is not published; this one keeps every
 * total of a billion events inside 36 digits, far below PostgreSQL's numeric.
 */
export const MAX_USAGE_INTEGER_DIGITS = 15;
export const MAX_USAGE_DECIMAL_PLACES = 12;

/** Keys of one payload; Stripe names no limit. */
export const MAX_PAYLOAD_KEYS = 50;
export const MAX_PAYLOAD_VALUE_CHARACTERS = 500;

/** Events of one ingest statement: beyond a few hundred the cost of an event no longer falls, and waiting grows. */
export const MAX_INGEST_BATCH_EVENTS = 1_000;

/** Statements in flight at once: one waits for the disk while the other computes. */
export const MAX_INGEST_WRITERS = 2;

/** Events waiting in memory; above it new ones are refused with 429 rather than queued without end. */
export const MAX_INGEST_QUEUE_EVENTS = 50_000;

/** A statement or an open transaction that takes longer has failed: it would hold a connection, and others wait. */
export const STATEMENT_TIMEOUT_MILLISECONDS = 30_000;

/** Waiting for a row that another request holds; the answer is then 429 `lock_timeout`. */
export const LOCK_TIMEOUT_MILLISECONDS = 5_000;

/** Waiting for a free connection, or for PostgreSQL to accept one; the answer is then 503. */
export const CONNECTION_TIMEOUT_MILLISECONDS = 10_000;

/** Rows that a sweep deletes in one statement, so that it never holds locks for long. */
export const SWEEP_ROWS = 10_000;

/** A request must have arrived whole within this time; without it a trickled body holds a connection for ever. */
export const REQUEST_TIMEOUT_MILLISECONDS = 30_000;

/** Previews can be read again for this long. */
export const INVOICE_PREVIEW_HOURS = 72;

/** Lines embedded in an invoice; the rest is paged. */
export const EMBEDDED_INVOICE_LINES = 10;

/** A revoked key stops working in other processes after at most this long. */
export const API_KEY_CACHE_MILLISECONDS = 1_000;

/** Requests in flight get this long to finish after SIGTERM. */
export const SHUTDOWN_MILLISECONDS = 10_000;

/**
 * How long an identifier is known. An event can be sent again, with its own timestamp, for 35 days and 5 minutes after
 * it happened; after 40 days a repetition is refused for its age, so the identifier may go.
 */
export const IDENTIFIER_DAYS = 40;
