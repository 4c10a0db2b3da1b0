import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { eventWords } from './words.ts';

const event = (type: string, object: object, previous?: object) =>
  ({ type, data: { object, ...(previous && { previous_attributes: previous }) } }) as unknown as Stripe.Event;

const invoice = {
  object: 'invoice',
  number: 'INV-0001',
  total: 1_200,
  amount_paid: 1_200,
  currency: 'usd',
  status: 'open',
};

test.each([
  [event('invoice.finalized', invoice), 'Invoice INV-0001 finalized: $12.00'],
  [event('invoice.created', { ...invoice, number: null, status: 'draft' }), 'Draft invoice created: $12.00'],
  [event('invoice.paid', invoice), 'Invoice INV-0001 paid: $12.00'],
  [event('invoice.updated', invoice, { status: 'draft', total: 0 }), 'Invoice INV-0001 updated: status, total'],
  [
    event('invoice.payment_failed', { ...invoice, next_payment_attempt: 1_767_225_600 }),
    'Invoice INV-0001 payment failed: $12.00, tried again on Jan 1, 2026',
  ],
  [event('customer.created', { object: 'customer', name: 'John Doe' }), 'Customer John Doe created'],
  [event('customer.subscription.trial_will_end', { object: 'subscription' }), 'Subscription trial ends soon'],
  [
    event('customer.updated', { object: 'customer', name: null, email: 'j@example.com' }, { a: 1, b: 1, c: 1, d: 1 }),
    'Customer j@example.com updated: a, b, c and 1 more',
  ],
  [
    event('test_helpers.test_clock.ready', { object: 'test_helpers.test_clock', frozen_time: 1_767_225_600 }),
    'Test clock is ready: Jan 1, 2026, 12:00:00 AM UTC',
  ],
])('%o is said as %s', (told, words) => {
  expect(eventWords(told)).toBe(words);
});
