import { Anchor, Button, Text } from '@mantine/core';
import { Link } from 'react-router';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { DataTable } from '../ui/data_table.tsx';
import { Empty } from '../ui/empty.tsx';
import { Failure } from '../ui/failure.tsx';
import { Money } from '../ui/money.tsx';
import { Panel } from '../ui/panel.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';

const SHOWN = 10;

type Named = Pick<Stripe.Customer, 'id' | 'name' | 'email'>;

function nameOf(customer: string | Named | Stripe.DeletedCustomer | null): string {
  if (customer === null || typeof customer === 'string') return customer ?? '—';
  const { name, email, id } = customer as Named;
  return name ?? email ?? id;
}

const CUSTOMERS: readonly Column<Stripe.Customer>[] = [
  { header: 'Name', cell: nameOf, value: nameOf },
  { header: 'Email', cell: ({ email }) => email ?? '—', value: ({ email }) => email, isMinor: true },
];

const SUBSCRIPTIONS: readonly Column<Stripe.Subscription>[] = [
  { header: 'Customer', cell: ({ customer }) => nameOf(customer), value: ({ customer }) => nameOf(customer) },
  { header: 'Status', cell: ({ status }) => <Status of={status} />, value: ({ status }) => status },
  {
    header: 'Renews',
    cell: ({ items, cancel_at: end }) => <When at={end ?? items.data[0]?.current_period_end} as="date" />,
    value: ({ items }) => items.data[0]?.current_period_end ?? null,
  },
];

const INVOICES: readonly Column<Stripe.Invoice>[] = [
  { header: 'Number', cell: ({ number }) => number ?? 'Draft', value: ({ number }) => number },
  {
    header: 'Amount',
    align: 'right',
    cell: ({ total, currency }) => <Money amount={total} currency={currency} />,
    value: ({ total }) => total,
  },
  { header: 'Status', cell: ({ status }) => <Status of={status} />, value: ({ status }) => status },
  { header: 'Created', cell: ({ created }) => <When at={created} as="date" />, value: ({ created }) => created },
];

export function ClockCustomers({ id, onAdd }: { readonly id: string; readonly onAdd: () => void }) {
  return (
    <OnClock
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
    <OnClock
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
      empty={<Nothing>No subscriptions yet.</Nothing>}
    />
  );
}

export function ClockInvoices({ id }: { readonly id: string }) {
  return (
    <OnClock
      title="Invoices"
      path="/v1/usance/invoices"
      params={{ test_clock: id }}
      columns={INVOICES}
      to={(invoice) => `/invoices/${invoice.id}`}
      all="/invoices"
      empty={<Nothing>No invoices yet. Advance the time to the next renewal, and an hour more.</Nothing>}
    />
  );
}

function Nothing({ children }: { readonly children: string }) {
  return (
    <Text size="sm" c="dimmed" px="md" pb="md">
      {children}
    </Text>
  );
}

type Props<T> = {
  readonly title: string;
  readonly path: string;
  readonly params: Parameters<typeof useGet>[1];
  readonly columns: readonly Column<T>[];
  readonly to: (row: T) => string;
  readonly all: string;
  readonly empty: React.ReactNode;
  readonly actions?: React.ReactNode;
};

/** The newest of a kind that are on the clock. */
function OnClock<T extends { id: string }>({ title, path, params, columns, to, all, empty, actions }: Props<T>) {
  const toPath = usePath();
  const { data, error, refetch } = useGet<List<T>>(path, { ...params, limit: SHOWN });
  return (
    <Panel title={title} actions={actions} isFlush>
      {error !== null ? (
        <Failure error={error} retry={() => void refetch()} what={`The list of ${title.toLowerCase()}`} />
      ) : data?.data.length === 0 ? (
        empty
      ) : (
        <DataTable
          rows={data?.data}
          columns={columns}
          label={title}
          keyOf={({ id }) => id}
          to={(row) => toPath(to(row))}
        />
      )}
      {data?.has_more === true && (
        <Text size="sm" px="md" py="sm">
          <Anchor component={Link} to={toPath(all)} size="sm">
            See all
          </Anchor>
        </Text>
      )}
    </Panel>
  );
}
