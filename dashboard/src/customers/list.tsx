import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import type Stripe from 'stripe';
import { useClock } from '../clocks/use_clock.ts';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { When } from '../ui/when.tsx';
import { AddCustomer } from './add_customer.tsx';

const COLUMNS: readonly Column<Stripe.Customer>[] = [
  { header: 'Name', cell: ({ name, email, id }) => name ?? email ?? id, value: ({ name }) => name ?? null },
  { header: 'Email', cell: ({ email }) => email ?? '—', value: ({ email }) => email },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} />, value: ({ id }) => id, isMinor: true },
  { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
];

export function Component() {
  const [opened, { open, close }] = useDisclosure();
  const clock = useClock();
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
      Add customer
    </Button>
  );
  return (
    <Page title="Customers" actions={add}>
      <ResourceList
        path="/v1/customers"
        params={clock.params}
        noun="customers"
        columns={COLUMNS}
        filters={[{ param: 'email', label: 'Email' }]}
        to={({ id }) => `/customers/${id}`}
        empty={
          <Empty
            title="No customers yet"
            action={<Button onClick={open}>Add your first customer</Button>}
            curl={<Curl path="/v1/customers" params={['name=Jenny Rosen', 'email=jenny@example.com']} />}
          >
            A customer is who you bill. Their usage, subscriptions and invoices are kept together.
          </Empty>
        }
      />
      <AddCustomer opened={opened} onClose={close} />
    </Page>
  );
}
