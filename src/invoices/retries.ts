import type { Invoice } from './invoice.ts';

/** Whether a payment of an open invoice is to be tried by itself now: for the first time, or again. */
export function isDueForAttempt(
  { attempted, nextPaymentAttemptAt: next }: Pick<Invoice, 'attempted' | 'nextPaymentAttemptAt'>,
  now: Temporal.Instant,
): boolean {
  return !attempted || (next !== null && Temporal.Instant.compare(next, now) <= 0);
}

/**
 * An invoice of which a payment was tried; pure. "Any payment attempt counts as the first attempt, and subsequently only
 * automatic retries increment the attempt count": what is tried at the time of a retry, or after it, uses that up, and
 * what is tried before leaves it to come. Of what changes nothing the answer is the very same.
 */
export function attemptedAt(invoice: Invoice, now: Temporal.Instant): Invoice {
  if (!isDueForAttempt(invoice, now)) return invoice;
  const attemptCount = invoice.attempted ? invoice.attemptCount + 1 : Math.max(invoice.attemptCount, 1);
  return { ...invoice, attempted: true, attemptCount, nextPaymentAttemptAt: null };
}

/**
 * The same where the payment failed; pure. `retryDays` are the days from each attempt to the next: one that was made
 * by itself, or that ended a wait for a bank, is followed by the next, as long as there is one.
 */
export function failedAt(invoice: Invoice, retryDays: readonly number[], now: Temporal.Instant): Invoice {
  const tried = attemptedAt(invoice, now);
  if (tried.nextPaymentAttemptAt !== null) return tried;
  const next = retryAfter(tried, retryDays, now);
  return next === null ? tried : { ...tried, nextPaymentAttemptAt: next };
}

/** When a payment of an invoice that was tried is tried again; null: never by itself. */
function retryAfter(invoice: Invoice, retryDays: readonly number[], now: Temporal.Instant): Invoice['dueAt'] {
  const isCharged = invoice.autoAdvance && invoice.collectionMethod === 'charge_automatically';
  const days = isCharged ? retryDays[invoice.attemptCount - 1] : undefined;
  return days === undefined ? null : now.add({ hours: 24 * days });
}
