import type { Customer } from '../customers/customer.ts';
import { MAX_FINALIZATION_YEARS } from '../limits.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { DRAFT_HOURS } from './draft.ts';
import type { CreateInvoiceParams, UpdateInvoiceParams } from './invoice.params.ts';
import type { Invoice } from './invoice.ts';

/** When and how a draft goes on by itself and is collected. */
export type Schedule = Pick<
  Invoice,
  'autoAdvance' | 'automaticallyFinalizesAt' | 'collectionMethod' | 'dueAt' | 'nextPaymentAttemptAt'
>;

type Params = Pick<
  CreateInvoiceParams | UpdateInvoiceParams,
  'auto_advance' | 'automatically_finalizes_at' | 'collection_method' | 'days_until_due' | 'due_date'
>;

/** A draft that nobody told anything: it stays one until it is finalized by hand. */
export const BY_HAND: Schedule = {
  autoAdvance: false,
  automaticallyFinalizesAt: null,
  collectionMethod: 'charge_automatically',
  dueAt: null,
  nextPaymentAttemptAt: null,
};

/**
 * The schedule of a draft after a request; pure. One that advances by itself is finalized an hour from now, or at the
 * time that was asked for. Throws for parameters that do not go together, and for times that are past or far ahead.
 */
export function changeSchedule(
  current: Schedule,
  params: Params,
  { customer, createdAt, now }: { customer: Customer; createdAt: Temporal.Instant; now: Temporal.Instant },
): Schedule {
  const collectionMethod = params.collection_method ?? current.collectionMethod;
  const dueAt = readDue(current, params, collectionMethod, createdAt, now);
  if (collectionMethod === 'send_invoice' && customer.email === null) {
    throw invalidRequest(
      'Missing email. In order to create invoices that are sent to the customer, the customer must have a valid email.',
    );
  }
  const advance = readAdvance(current, params, now);
  const isCharged = collectionMethod === 'charge_automatically';
  return {
    ...advance,
    collectionMethod,
    dueAt,
    nextPaymentAttemptAt: isCharged ? advance.automaticallyFinalizesAt : null,
  };
}

function readAdvance(
  current: Schedule,
  params: Params,
  now: Temporal.Instant,
): Pick<Schedule, 'autoAdvance' | 'automaticallyFinalizesAt'> {
  const wanted = params.automatically_finalizes_at;
  if (wanted !== undefined) {
    if (params.auto_advance === false) {
      throw invalidRequest(
        '`automatically_finalizes_at` requires `auto_advance` to be true.',
        'automatically_finalizes_at',
      );
    }
    checkFinalization(wanted, now);
    return { autoAdvance: true, automaticallyFinalizesAt: wanted };
  }
  const autoAdvance = params.auto_advance ?? current.autoAdvance;
  if (!autoAdvance) return { autoAdvance, automaticallyFinalizesAt: null };
  const automaticallyFinalizesAt = current.automaticallyFinalizesAt ?? now.add({ hours: DRAFT_HOURS });
  return { autoAdvance, automaticallyFinalizesAt };
}

function checkFinalization(at: Temporal.Instant, now: Temporal.Instant): void {
  const latest = now.toZonedDateTimeISO('UTC').add({ years: MAX_FINALIZATION_YEARS }).toInstant();
  if (Temporal.Instant.compare(at, now) > 0 && Temporal.Instant.compare(at, latest) <= 0) return;
  throw invalidRequest(
    `\`automatically_finalizes_at\` must be in the future and at most ${MAX_FINALIZATION_YEARS} years ahead.`,
    'automatically_finalizes_at',
  );
}

/** When a sent invoice is due: days count from its creation. One that is charged automatically has no such date. */
function readDue(
  current: Schedule,
  { days_until_due: days, due_date: date }: Params,
  method: Schedule['collectionMethod'],
  createdAt: Temporal.Instant,
  now: Temporal.Instant,
): Temporal.Instant | null {
  if (days !== undefined && date !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: days_until_due, due_date.',
      'due_date',
      'parameters_exclusive',
    );
  }
  const given = days === undefined ? 'due_date' : 'days_until_due';
  if (method === 'charge_automatically') {
    if (days === undefined && date === undefined) return null;
    throw invalidRequest(
      `You can only specify \`${given}\` for invoices with \`collection_method=send_invoice\`.`,
      given,
    );
  }
  if (date !== undefined && Temporal.Instant.compare(date, now) <= 0) {
    throw invalidRequest('`due_date` must be in the future.', 'due_date');
  }
  const dueAt = date ?? (days === undefined ? current.dueAt : createdAt.add({ hours: 24 * days }));
  if (dueAt !== null) return dueAt;
  throw invalidRequest(
    'You must specify `days_until_due` or `due_date` for invoices with `collection_method=send_invoice`.',
    'days_until_due',
    'parameter_missing',
  );
}
