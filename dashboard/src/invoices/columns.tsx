import type Stripe from 'stripe';
import { nameOfCustomer } from '../customers/name.ts';
import type { Column } from '../ui/columns.ts';
import { Money } from '../ui/money.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';

/** A draft has no number yet. */
export function numberOf({ number, id }: Pick<Stripe.Invoice, 'number' | 'id'>): string {
  return number ?? `Draft ${id.slice(-8)}`;
}

const CUSTOMER: Column<Stripe.Invoice> = {
  header: 'Customer',
  cell: (invoice) => whoOf(invoice),
  value: (invoice) => whoOf(invoice),
};

function whoOf({ customer, customer_name: name, customer_email: email }: Stripe.Invoice): string {
  return name ?? email ?? nameOfCustomer(customer);
}

/** The columns of invoices of one customer, or of all. */
export function invoiceColumns({ withCustomer }: { withCustomer: boolean }): readonly Column<Stripe.Invoice>[] {
  return [
    { header: 'Number', cell: numberOf, value: numberOf },
    ...(withCustomer ? [CUSTOMER] : []),
    {
      header: 'Amount',
      align: 'right',
      cell: ({ total, currency }) => <Money amount={total} currency={currency} />,
      value: ({ total }) => total,
    },
    { header: 'Status', cell: ({ status }) => <Status of={status} />, value: ({ status }) => status },
    {
      header: 'Due',
      cell: ({ due_date: due }) => <When at={due} as="date" />,
      value: ({ due_date: due }) => due,
      isMinor: true,
    },
    { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
  ];
}
