import { Button } from '@mantine/core';
import { Link } from 'react-router';
import type Stripe from 'stripe';
import { nameOfCustomer } from '../customers/name.ts';
import { invoiceColumns } from '../invoices/columns.tsx';
import { usePath } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { Empty } from '../ui/empty.tsx';
import { ShortList } from '../ui/short_list.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';

const CUSTOMERS: readonly Column<Stripe.Customer>[] = [
  { header: 'Name', cell: nameOfCustomer, value: nameOfCustomer },
  { header: 'Email', cell: ({ email }) => email ?? '—', value: ({ email }) => email, isMinor: true },
];

const SUBSCRIPTIONS: readonly Column<Stripe.Subscription>[] = [
  {
    header: 'Customer',
    cell: ({ customer }) => nameOfCustomer(customer),
    value: ({ customer }) => nameOfCustomer(customer),
  },
  { header: 'Status', cell: ({ status }) => <Status of={status} />, value: ({ status }) => status },
  {
    header: 'Renews',
    cell: ({ items, cancel_at: end }) => <When at={end ?? items.data[0]?.current_period_end} as="date" />,
    value: ({ items }) => items.data[0]?.current_period_end ?? null,
  },
];

const INVOICES = invoiceColumns({ withCustomer: false }).filter(({ header }) => header !== 'Due');

export function ClockCustomers({ id, onAdd }: { readonly id: string; readonly onAdd: () => void }) {
  return (
    <ShortList
      title="Customers"
      path="/v1/customers"
      params={{ test_clock: id }}
      columns={CUSTOMERS}
      to={(customer) => `/customers/${customer.id}`}
      all="/customers"
      empty={
        <Empty title="Nobody is on this clock" action={<Button onClick={onAdd}>Add customer</Button>}>
          Customers are put on a clock when they are created, and stay on it. What they buy happens in its time.
        </Empty>
      }
    />
  );
}

export function ClockSubscriptions({ id }: { readonly id: string }) {
  const path = usePath();
  return (
    <ShortList
      title="Subscriptions"
      path="/v1/subscriptions"
      params={{ test_clock: id, status: 'all', expand: ['data.customer'] }}
      columns={SUBSCRIPTIONS}
      to={(subscription) => `/subscriptions/${subscription.id}`}
      all="/subscriptions"
      actions={
        <Button size="xs" variant="default" component={Link} to={path('/subscriptions/create')}>
          Create test subscription
        </Button>
      }
      empty="No subscriptions yet."
    />
  );
}

export function ClockInvoices({ id }: { readonly id: string }) {
  return (
    <ShortList
      title="Invoices"
      path="/v1/usance/invoices"
      params={{ test_clock: id }}
      columns={INVOICES}
      to={(invoice) => `/invoices/${invoice.id}`}
      all="/invoices"
      empty="No invoices yet. Advance the time to the next renewal, and an hour more."
    />
  );
}
