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
 * by itself, or that ended a wait for a bank, is followed by the next, as long as there is one. After the last the invoice no
 * longer goes on by itself. Null: it waits for something else, and is not tried again.
 */
export function failedAt(invoice: Invoice, retryDays: readonly number[] | null, now: Temporal.Instant): Invoice {
  const tried = attemptedAt(invoice, now);
  const isCharged = tried.autoAdvance && tried.collectionMethod === 'charge_automatically';
  if (tried.nextPaymentAttemptAt !== null || !isCharged || retryDays === null) return tried;
  const days = retryDays[tried.attemptCount - 1];
  if (days === undefined) return { ...tried, autoAdvance: false };
  return { ...tried, nextPaymentAttemptAt: now.add({ hours: 24 * days }) };
}

/** Whether an invoice whose payment failed was tried as often as it is to be; pure. */
export function isGivenUp(
  { attemptCount, nextPaymentAttemptAt, collectionMethod }: Invoice,
  retryDays: readonly number[],
): boolean {
  const isCharged = collectionMethod === 'charge_automatically';
  return isCharged && nextPaymentAttemptAt === null && attemptCount > retryDays.length;
}
