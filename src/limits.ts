/**
 * The bounds of the server that an operator or several folders may ask about: the unit is in the name, the reason beside
 * it. A bound of one parameter stands where that parameter is declared.
 */

/** Stripe's own limits are far below; 256 KiB holds a subscription of 20 items with full metadata four times over. */
export const MAX_BODY_BYTES = 256 * 1024;

/** A form of a page has a few short fields. */
export const MAX_PAGE_FORM_BYTES = 4 * 1024;

/** Somebody who looks daily logs in once a week; a browser that was left behind opens nothing after that. */
export const SESSION_DAYS = 7;

/** A link that logs in is followed at once; one in an old log is worth nothing. */
export const LOGIN_LINK_HOURS = 24;

/** Entries of the request log: who looks for a mistake looks at the last days. */
export const REQUEST_LOG_DAYS = 7;

export const REQUEST_LOG_MILLISECONDS = 1_000;

/** A page offers as many of a customer's saved payment methods, the newest: more are no choice but a search. */
export const MAX_OFFERED_METHODS = 10;

/** Forms of one invoice that are worked on at once, a connection each: a double click is two, and a third is impatience. */
export const MAX_FORMS_AT_ONCE = 3;

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

/** Stripe keeps keys of v1 for at least 24 hours, those of v2 for 30 days; the sweep runs hourly. */
export const IDEMPOTENCY_KEY_HOURS = 24;
export const V2_IDEMPOTENCY_KEY_HOURS = 30 * 24;

/** The largest amount of the API: 8 digits of minor units. */
export const MAX_AMOUNT = 99_999_999n;

/** Where amounts have more digits: 12 in rupiah, of which a US dollar is many thousands. */
export const MAX_AMOUNT_IDR = 999_999_999_999n;

/** Stripe's limit of the pending items of a customer, and of the items of an invoice. */
export const MAX_INVOICE_ITEMS = 250;

/** Lines of a credit note; the reference names no limit. An invoice with more is credited by an amount, or by several. */
export const MAX_CREDIT_NOTE_LINES = 250;

/** A date of automatic finalization lies within five years, as the reference says. */
export const MAX_FINALIZATION_YEARS = 5;

export const MAX_DECIMAL_PLACES = 12;

export const MAX_TIERS = 100;

export const MAX_SUBSCRIPTION_ITEMS = 20;

/** Stripe's limit: two years. */
export const MAX_TRIAL_DAYS = 730;

/** `customer.subscription.trial_will_end` is told so long before. Stripe's. */
export const TRIAL_NOTICE_DAYS = 3;

/** Stripe gives a resumption up after so many hours in which its invoice has not ended the pause. */
export const RESUMPTION_HOURS = 23;

/** Stripe's limit for a subscription whose start lies in the past. */
export const MAX_BACKDATED_LINES = 250;

/** Units of a licensed item: at the largest price, 20 such items stay far inside the 8 bytes of an amount. */
export const MAX_QUANTITY = 999_999_999n;

/** Days from each failed attempt to pay an invoice to the next: four more within three weeks, as Stripe retries by default. */
export const DEFAULT_RETRY_DAYS: readonly number[] = [3, 5, 6, 7];

/** Stripe's Smart Retries make eight at most, within two months. */
export const MAX_RETRIES = 8;
export const MAX_RETRY_DAYS = 60;

/** A sent invoice can wait for a year after its due date; Stripe offers 30, 60 or 90 days. */
export const MAX_OVERDUE_DAYS = 365;

/**
 * A payment whose subscription was never made is given back after so long: who asked may repeat the request until then, and
 * official clients do so within seconds.
 */
export const GIVE_BACK_MINUTES = 60;

/** How long a first invoice may wait to be paid before its subscription expires; Stripe's own figure, as of updates that wait. */
export const INCOMPLETE_HOURS = 23;

/** The most days before an invoice of a subscription at which it is told of: the longest that Stripe offers. */
export const MAX_UPCOMING_DAYS = 45;

/** Days to pay a sent invoice: three years, the longest billing period. Stripe names no limit. */
export const MAX_DAYS_UNTIL_DUE = 1_095;

/** Three years: which of the shorter limits holds for an interval is told by the rules of prices. */
export const MAX_INTERVAL_DAYS = 1_095;

/** Current and future phases of a schedule; Stripe's own figure. */
export const MAX_PHASES = 10;

/** Stripe's `customer_max_subscriptions`. */
export const MAX_SUBSCRIPTIONS_PER_CUSTOMER = 500;

/** Coupons and promotion codes can be redeemed for so long at most; Stripe's own figure. */
export const MAX_YEARS_AHEAD = 5;

/** Tax rates of one line; Stripe's own figure. */
export const MAX_TAX_RATES = 5;

/** Tax ids of the account itself, and, for want of another figure, of a customer; Stripe's own. */
export const MAX_TAX_IDS = 25;

/** The reference allows so many discounts on one thing. */
export const MAX_DISCOUNTS = 20;

/** A customer's balance, either way: twelve digits hold ten thousand of the largest invoices. */
export const MAX_BALANCE = 999_999_999_999n;

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

/**
 * Events of one ingest statement: beyond a few thousand the cost of an event no longer falls, and waiting grows. A request
 * with more events than that (an import) is a statement of its own, up to the numbers of a block.
 */
export const MAX_INGEST_BATCH_EVENTS = 2_000;

/** Sequence numbers that an ingest statement draws at once, and so the most events that it can write. */
export const INGEST_BLOCK_EVENTS = 16_384;

/** Statements in flight at once: one waits for the disk while the other computes. */
export const MAX_INGEST_WRITERS = 2;

/** Customers whose usage is remembered for a second or two; beyond, all subscriptions with thresholds are looked at: 20 MB. */
export const MAX_RECENT_CUSTOMERS = 100_000;

/** Waiting events for which a second writer starts. With fewer, two writers halve the batches, whose fixed cost is 0.5 ms. */
export const SECOND_WRITER_EVENTS = 600;

/** Events waiting in memory (about 1 KiB each); above it new ones are refused with 429 rather than queued without end. */
export const MAX_INGEST_QUEUE_EVENTS = 8_000;

/** Waiting events up to which imports add theirs; the rest of the queue is for requests, which can't wait. */
export const MAX_IMPORT_QUEUE_EVENTS = 6_000;

/** Lines of usage whose number a process remembers: about 30 MB. Beyond it the memory starts anew. */
export const MAX_CACHED_SERIES = 200_000;

/** Event names that a process remembers, those without a meter included. */
export const MAX_CACHED_EVENT_NAMES = 10_000;

/** Combinations of dimension values that a customer may have on a meter, unless the account's settings say otherwise. */
export const MAX_CUSTOMER_COMBINATIONS = 100;

/** New combinations of dimension values that a meter takes in an hour, unless the account's settings say otherwise. */
export const MAX_HOURLY_COMBINATIONS = 10_000;

/** A statement or an open transaction that takes longer has failed: it would hold a connection, and others wait. */
export const STATEMENT_TIMEOUT_MILLISECONDS = 30_000;

/** Waiting for a row that another request holds; the answer is then 429 `lock_timeout`. */
export const LOCK_TIMEOUT_MILLISECONDS = 5_000;

/** Waiting for a free connection, or for PostgreSQL to accept one; the answer is then 503. */
export const CONNECTION_TIMEOUT_MILLISECONDS = 10_000;

/** Rows that a sweep deletes in one statement, so that it never holds locks for long. */
export const SWEEP_ROWS = 10_000;

/** Pages of 8 KiB that a sweep of a whole table reads in one statement: about 130,000 rows, a few tens of milliseconds. */
export const SWEEP_PAGES = 1_000;

/**
 * A request must have arrived whole within this time, a file of 1 GiB from a neighbouring machine included; without it a
 * trickled body holds a connection for ever.
 */
export const REQUEST_TIMEOUT_MILLISECONDS = 120_000;

/** Previews can be read again for this long. */
export const INVOICE_PREVIEW_HOURS = 72;

/** Lines embedded in an invoice; the rest is paged. */
export const EMBEDDED_INVOICE_LINES = 10;

/** Lines embedded in a credit note; the rest is paged. */
export const EMBEDDED_CREDIT_NOTE_LINES = 10;

/** Payments embedded in an invoice; the rest is paged. */
export const EMBEDDED_INVOICE_PAYMENTS = 10;

/** A revoked key stops working in other processes after at most this long. */
export const API_KEY_CACHE_MILLISECONDS = 1_000;

/** Requests in flight get this long to finish after SIGTERM. */
export const SHUTDOWN_MILLISECONDS = 10_000;

/**
 * How long an identifier is known. An event can be sent again, with its own timestamp, for 35 days and 5 minutes after
 * it happened; after 40 days a repetition is refused for its age, so the identifier may go.
 */
export const IDENTIFIER_DAYS = 40;

/** `GET /healthz` asks PostgreSQL for so long, twice at most; load balancers wait for 2 to 5 s. */
export const HEALTH_CHECK_MILLISECONDS = 1_000;

/** The job runner ends when it loses the database with a job in hand; a start each second costs a restart nothing. */
export const WORKER_RESTART_MILLISECONDS = 1_000;

/** Stripe's limit for one request of the stream; it also bounds what a request costs before it is refused. */
export const MAX_STREAM_EVENTS = 100;

/** A session of the stream ends so long after it was made; Stripe's own figure. */
export const METER_EVENT_SESSION_MINUTES = 15;

/** Sessions that a process remembers, about 300 bytes each. Beyond it the memory starts anew from the table. */
export const MAX_CACHED_SESSIONS = 10_000;

/** A row of an imported file: 50 payload keys with their values are 110 KB in UTF-8, twice that with doubled quotes. */
export const MAX_IMPORT_ROW_BYTES = 256 * 1024;

/** What is read of an imported file at a time: some thousand rows, which is one write. */
export const IMPORT_BLOCK_BYTES = 256 * 1024;

/** Blocks of an import in memory: one is written, and the next are ready when it is. */
export const MAX_IMPORT_BLOCKS_AHEAD = 3;

/** Events of one write of an import: above it the cost of an event no longer falls. */
export const MAX_IMPORT_WRITE_EVENTS = 4_000;

/** An hour is folded so long after its end: most late events have come by then, and each would cost another fold. */
export const FOLD_DELAY_MINUTES = 5;

/** What one transaction of folding holds: 12,000 minutes at most, for which a late event may wait 0.2 s. */
export const FOLD_SLICE_HOURS = 200;

/** The same of days, which are 24 hours at most. */
export const FOLD_SLICE_DAYS = 500;

/** Dimensions of one meter: with 100 combinations a customer, more of them would tell nothing apart. Stripe names none. */
export const MAX_DIMENSION_KEYS = 10;

/**
 * Series of a history query that are read one by one in any case: a step into an index that is not in memory takes 45 µs.
 * With more of them the last hours are looked at first, in which a busy account has its newest events.
 */
export const FEW_HISTORY_SERIES = 1_000;

/** Series that are read one by one when those hours were not enough: about a second. With more, time alone leads. */
export const MAX_HISTORY_SERIES = 20_000;

/** Error reports gather what was rejected within so long (the windows of the reference's examples). */
export const ERROR_REPORT_WINDOW_SECONDS = 10;

/** Time for the events of a window to be written before it is reported; what comes later gets a report of its own. */
export const ERROR_REPORT_DELAY_SECONDS = 2;

/** Examples that a report gives of each kind of error. Stripe names no limit; all of them are in the event history. */
export const MAX_SAMPLE_ERRORS = 10;

/** Rejected events that one report tells of; what a broken sender adds beyond, in ten seconds, becomes further reports. */
export const MAX_REPORTED_EVENTS = 100_000;

/** Groups that are looked up at once: what is left is found again. */
export const MAX_REPORTS_PER_TURN = 200;

/** How often finished windows are looked for: the look-up of a few index entries. */
export const ERROR_REPORT_MILLISECONDS = 1_000;

/** Events that an export fetches at a time: at about 1 KiB each, a few MB in memory. */
export const EXPORT_FETCH_EVENTS = 5_000;

/** Events of one row group of a Parquet file, which is put together in memory: about 50 MB. */
export const PARQUET_GROUP_EVENTS = 50_000;

/** Payload keys that a CSV has columns for; beyond it nobody can read the file, and JSONL needs no columns. */
export const MAX_EXPORT_COLUMNS = 1_000;

/** Dropping a month waits so long for the lock that all ingest would wait behind, then lets ingest go on and tries again. */
export const DROP_LOCK_TIMEOUT_MILLISECONDS = 300;
export const DROP_LOCK_PAUSE_MILLISECONDS = 700;
export const MAX_DROP_LOCK_ATTEMPTS = 120;

/** A file that is imported over HTTP, gzip undone: some ten million events, minutes of work. Larger ones: `usance events import`. */
export const MAX_IMPORT_UPLOAD_BYTES = 1024 ** 3;

/** Rejected rows that the answer to an import tells, some megabytes; the rest is counted, and `has_more_errors` says so. */
export const MAX_IMPORT_ERRORS = 10_000;

/** Lines of usage that a verification reads in one snapshot, a month of each: some seconds for a busy one. */
export const VERIFY_SLICE_SERIES = 500;

/** Differences of one kind that a verification tells of one slice: who finds so many needs no more. */
export const VERIFY_DIFFERENCES = 1_000;

/** Rejected events can be looked at for this long: a quarter of a year, so that a billing period can be gone through. */
export const REJECTED_EVENT_DAYS = 92;

/** A combination of dimension values stands in an index with three ids, whose entries hold 2,704 bytes. */
export const MAX_DIMENSIONS_BYTES = 1_500;

/** Stripe's bounds of a test clock. They are defaults, which an operator lifts with the variables of `config.ts`. */
export const CLOCK_INTERVALS = 2;
export const CLOCK_YEARS = 2;
export const CLOCK_CUSTOMERS = 3;

/** A test clock and all that is on it are deleted so long after its creation, in wall time. */
export const TEST_CLOCK_DAYS = 30;

/** How many days or months a report adds up at once: what a chart of a year, or of ten, shows. */
export const MAX_TOTAL_DAYS = 400;
export const MAX_TOTAL_MONTHS = 120;

/** 3000-01-01: after it seconds would soon be taken for milliseconds, and years at last have five digits. */
export const LAST_CLOCK_UNIX_SECONDS = 32_503_680_000;

/**
 * Work of a test clock done in one transaction: some 0.2 s, for which whoever changes the clock may wait. A batch costs as
 * much as so many pieces of work more.
 */
export const CLOCK_WORK_PER_TRANSACTION = 300;
export const CLOCK_BATCH_COST = 5;

/** Due work done in one transaction, whose customers are locked meanwhile: some 0.3 s. */
export const DUE_WORK_BATCH = 300;

/** Transactions of due work at once in a process: while one computes, the database works for another. */
export const DUE_WORK_LANES = 3;

/** How often due work is looked for: the look-up of a few index entries. */
export const DUE_WORK_MILLISECONDS = 1_000;

/** Work that failed is tried again after so long, then after twice that, and so on up to an hour. */
export const FIRST_RETRY_SECONDS = 60;
export const LAST_RETRY_SECONDS = 3_600;

/** Hours for which a draft stays open to late usage, unless the account's settings say otherwise. */
export const DRAFT_HOURS = 1;
export const MAX_DRAFT_HOURS = 72;

/** A bank debit of the built-in test gateway is decided so long after it was made: time enough to see it processing. */
export const TEST_DEBIT_SECONDS = 3;

/** A gateway that has not answered after this is asked again; every call can be repeated. */
export const GATEWAY_RECOVERY_SECONDS = 30;

/** How often payments that wait for the gateway are looked for: the look-up of a few index entries. */
export const PAYMENT_RECOVERY_MILLISECONDS = 1_000;

/** Payments gone on with in one turn, so that it ends soon when very many wait. */
export const MAX_RECOVERED_PAYMENTS = 100;

/** Invoices whose usage is compared with what they billed by one statement: about 100 ms for usage of a month. */
export const LATE_USAGE_SLICE = 200;

/** Invoices that a list of late usage compares before it asks for a filter: a request must not run for minutes. */
export const MAX_LATE_USAGE_INVOICES = 20_000;
