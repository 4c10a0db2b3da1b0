import { Button, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useAction, useGet } from '../api/hooks.ts';
import { parseSigned } from '../invoices/add_line.tsx';
import { FormModal } from '../ui/form_modal.tsx';
import { titleOf } from '../ui/format.ts';
import { Facts } from '../ui/facts.tsx';
import { Money } from '../ui/money.tsx';
import { Panel } from '../ui/panel.tsx';
import { When } from '../ui/when.tsx';
import type { TimedCustomer } from './time.ts';

type Props = { readonly customer: TimedCustomer };

const SHOWN = 5;

/** What a customer has to its credit, or owes beside invoices, and where that came from. */
export function Balance({ customer }: Props) {
  const [opened, { open, close }] = useDisclosure();
  const { balance, currency } = customer;
  const path = `/v1/customers/${customer.id}/balance_transactions`;
  const transactions = useGet<List<Stripe.CustomerBalanceTransaction>>(path, { limit: SHOWN });
  return (
    <Panel
      title="Balance"
      actions={
        <Button size="xs" variant="subtle" onClick={open}>
          Adjust balance
        </Button>
      }
    >
      <Stack gap="sm">
        <Stack gap={0}>
          <Text size="xl" fw={650}>
            <Money amount={Math.abs(balance)} currency={currency ?? 'usd'} />
          </Text>
          <Text size="sm" c="dimmed">
            {balance < 0 ? 'to the customer’s credit: taken off the next invoice' : sayOwed(balance)}
          </Text>
        </Stack>
        <Facts
          of={(transactions.data?.data ?? []).map((transaction) => [
            titleOf(transaction.type),
            <Stack key={transaction.id} gap={0}>
              <Money amount={transaction.amount} currency={transaction.currency} />
              <Text size="xs" c="dimmed">
                <When at={transaction.created} /> {transaction.description}
              </Text>
            </Stack>,
          ])}
        />
        {transactions.data?.has_more === true && <Text size="xs" c="dimmed">{`The newest ${SHOWN} are shown.`}</Text>}
      </Stack>
      {opened && <Adjust customer={customer} onClose={close} />}
    </Panel>
  );
}

function sayOwed(balance: number): string {
  return balance === 0 ? 'neither credit nor debt' : 'owed: added to the next invoice';
}

type Adjustment = { kind: string; amount: string; currency: string; description: string };

function Adjust({ customer, onClose }: Props & { readonly onClose: () => void }) {
  const form = useForm<Adjustment>({
    initialValues: { kind: 'credit', amount: '', currency: customer.currency ?? 'usd', description: '' },
    validate: {
      amount: (amount, { currency }) => (unitsOf(amount, currency) === undefined ? 'An amount, as 12.50' : null),
    },
  });
  const adjust = useAction(
    (client, { kind, amount, currency, description }: Adjustment) =>
      client.post(`/v1/customers/${customer.id}/balance_transactions`, {
        amount: `${kind === 'credit' ? '-' : ''}${unitsOf(amount, currency)}`,
        currency,
        description: description === '' ? undefined : description,
      }),
    { done: 'Balance adjusted', onDone: onClose, isQuiet: true },
  );
  return (
    <FormModal
      title="Adjust balance"
      submit="Adjust balance"
      opened
      onClose={onClose}
      onSubmit={form.onSubmit((adjustment) => adjust.mutate(adjustment))}
      isPending={adjust.isPending}
      error={adjust.error}
    >
      <SegmentedControl
        aria-label="Kind"
        data={[
          { value: 'credit', label: 'Credit' },
          { value: 'debit', label: 'Debit' },
        ]}
        {...form.getInputProps('kind')}
      />
      <Text size="sm" c="dimmed">
        {form.values.kind === 'credit' ? 'Taken off the next invoice.' : 'Added to the next invoice.'}
      </Text>
      <TextInput label="Amount" inputMode="decimal" required data-autofocus {...form.getInputProps('amount')} />
      <TextInput
        label="Currency"
        maxLength={3}
        required
        disabled={customer.currency != null}
        {...form.getInputProps('currency')}
      />
      <TextInput label="Description" {...form.getInputProps('description')} />
    </FormModal>
  );
}

function unitsOf(amount: string, currency: string): string | undefined {
  const units = parseSigned(amount, currency);
  return units?.startsWith('-') === true || units === '0' ? undefined : units;
}
