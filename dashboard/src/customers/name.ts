import type Stripe from 'stripe';

type Named = Pick<Stripe.Customer, 'id' | 'name' | 'email'>;

/** What a customer is called. An answer may hold the id alone, and one that was deleted has no name any more. */
export function nameOfCustomer(customer: string | Named | Stripe.DeletedCustomer | null): string {
  if (customer === null) return '—';
  if (typeof customer === 'string') return customer;
  if ('deleted' in customer) return `${customer.id} (deleted)`;
  const { name, email, id } = customer;
  return name ?? email ?? id;
}
