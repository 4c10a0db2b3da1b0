import { Button, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { parseSigned } from '../invoices/add_line.tsx';
import { usePath } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { formatDate } from '../ui/format.ts';
import { Money } from '../ui/money.tsx';
import { ShortList } from '../ui/short_list.tsx';
import type { TimedCustomer } from './time.ts';

type Props = { readonly customer: TimedCustomer };
type FormProps = Props & { readonly onClose: () => void };

const COLUMNS: readonly Column<Stripe.InvoiceItem>[] = [
  {
    header: 'Description',
    cell: ({ description }) => description ?? '—',
    value: ({ description }) => description,
  },
  {
    header: 'Period',
    cell: ({ period }) => `${formatDate(period.start)} – ${formatDate(period.end)}`,
    isMinor: true,
  },
  {
    header: 'Amount',
    align: 'right',
    cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
    value: ({ amount }) => amount,
  },
];

/** What waits for an invoice; it goes on the next one, or on one that is made now. */
export function PendingItems({ customer }: Props) {
  const [opened, setOpened] = useState<'add' | 'invoice' | null>(null);
  const close = () => setOpened(null);
  return (
    <>
      <ShortList
        title="Pending invoice items"
        path="/v1/invoiceitems"
        params={{ customer: customer.id, pending: true }}
        columns={COLUMNS}
        empty="None. What is added here goes on the next invoice."
        actions={
          <>
            <Button size="xs" variant="subtle" onClick={() => setOpened('add')}>
              Add item
            </Button>
            <Button size="xs" variant="default" onClick={() => setOpened('invoice')}>
              Invoice now
            </Button>
          </>
        }
      />
      {opened === 'add' && <AddItem customer={customer} onClose={close} />}
      {opened === 'invoice' && <InvoiceNow customer={customer} onClose={close} />}
    </>
  );
}

function InvoiceNow({ customer, onClose }: FormProps) {
  const path = usePath();
  const navigate = useNavigate();
  const make = useAction(
    (client) =>
      client.post<Stripe.Invoice>('/v1/invoices', {
        customer: customer.id,
        pending_invoice_items_behavior: 'include',
        auto_advance: false,
      }),
    { done: 'Draft made', onDone: ({ id }) => void navigate(path(`/invoices/${id}`)), isQuiet: true },
  );
  return (
    <FormModal
      title="Invoice now"
      submit="Invoice now"
      opened
      onClose={onClose}
      onSubmit={() => make.mutate(undefined)}
      isPending={make.isPending}
      error={make.error}
    >
      <Text size="sm">
        All pending items go on a draft, which is opened for you. Nothing is charged until you finalize it.
      </Text>
    </FormModal>
  );
}

type NewItem = { description: string; amount: string; currency: string };

function AddItem({ customer, onClose }: FormProps) {
  const form = useForm<NewItem>({
    initialValues: { description: '', amount: '', currency: customer.currency ?? 'usd' },
    validate: {
      amount: (amount, { currency }) => (parseSigned(amount, currency) === undefined ? 'An amount, as 12.50' : null),
    },
  });
  const add = useAction(
    (client, { description, amount, currency }: NewItem) =>
      client.post('/v1/invoiceitems', {
        customer: customer.id,
        description,
        amount: parseSigned(amount, currency),
        currency,
      }),
    { done: 'Item added', onDone: onClose, isQuiet: true },
  );
  return (
    <FormModal
      title="Add pending item"
      submit="Add item"
      opened
      onClose={onClose}
      onSubmit={form.onSubmit((item) => add.mutate(item))}
      isPending={add.isPending}
      error={add.error}
    >
      <TextInput label="Description" required data-autofocus {...form.getInputProps('description')} />
      <TextInput
        label="Amount"
        description="With a minus it is taken off."
        inputMode="decimal"
        required
        {...form.getInputProps('amount')}
      />
      <TextInput label="Currency" maxLength={3} required {...form.getInputProps('currency')} />
    </FormModal>
  );
}
