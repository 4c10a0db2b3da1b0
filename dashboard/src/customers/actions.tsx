import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAction } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import { Confirm } from '../ui/confirm.tsx';
import { EditCustomer } from './edit_customer.tsx';
import { nameOfCustomer } from './name.ts';
import type { TimedCustomer } from './time.ts';

type Props = { readonly customer: TimedCustomer };

/** What can be done with a customer as a whole. */
export function CustomerActions({ customer }: Props) {
  const [opened, setOpened] = useState<'edit' | 'delete' | null>(null);
  const close = () => setOpened(null);
  return (
    <>
      <Button variant="default" onClick={() => setOpened('edit')}>
        Edit customer
      </Button>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item color="red" onClick={() => setOpened('delete')}>
            Delete customer
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {opened === 'edit' && <EditCustomer customer={customer} onClose={close} />}
      {opened === 'delete' && <Delete customer={customer} onClose={close} />}
    </>
  );
}

function Delete({ customer, onClose }: Props & { readonly onClose: () => void }) {
  const path = usePath();
  const navigate = useNavigate();
  const remove = useAction((client) => client.remove(`/v1/customers/${customer.id}`), {
    done: 'Customer deleted',
    onDone: () => void navigate(path('/customers')),
    isQuiet: true,
    isGone: true,
  });
  return (
    <Confirm
      title="Delete customer"
      submit="Delete customer"
      opened
      onClose={onClose}
      onConfirm={() => remove.mutate(undefined)}
      isPending={remove.isPending}
      error={remove.error}
    >
      {nameOfCustomer(customer)} is deleted for good. Active subscriptions end at once, and what was used and is not
      billed yet never will be. Final invoices are kept.
    </Confirm>
  );
}
