import type Stripe from 'stripe';
import { useGet } from '../api/hooks.ts';

/** A customer whose clock, if there is one, is told whole. */
export type TimedCustomer = Stripe.Customer & { readonly test_clock: Stripe.TestHelpers.TestClock | null };

export function useCustomer(id: string | null | undefined) {
  return useGet<TimedCustomer>(`/v1/customers/${id}`, { expand: ['test_clock'] }, { enabled: id != null });
}

/** What time it is for a customer, in unix seconds: on a test clock it stands still. */
export function nowOf(customer: TimedCustomer | undefined): number {
  return customer?.test_clock?.frozen_time ?? Math.floor(Date.now() / 1000);
}
