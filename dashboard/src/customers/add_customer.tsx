import { Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from 'react-router';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { useClock } from '../clocks/use_clock.ts';
import { usePath } from '../session/space.ts';
import { FormModal } from '../ui/form_modal.tsx';

type Props = {
  readonly opened: boolean;
  readonly onClose: () => void;
  /** What becomes of it; without that its page is opened. */
  readonly onAdded?: (customer: Stripe.Customer) => void;
};

type NewCustomer = { name: string; email: string; description: string };

/** The form of a new customer. */
export function AddCustomer({ opened, onClose, onAdded }: Props) {
  const navigate = useNavigate();
  const path = usePath();
  const clock = useClock();
  const form = useForm<NewCustomer>({ initialValues: { name: '', email: '', description: '' } });
  const create = useAction(
    (client, customer: NewCustomer) => {
      const given = Object.entries(customer).filter(([, text]) => text.trim() !== '');
      return client.post<Stripe.Customer>('/v1/customers', { ...Object.fromEntries(given), ...clock.params });
    },
    {
      done: 'Customer added',
      onDone(customer) {
        if (onAdded === undefined) return void navigate(path(`/customers/${customer.id}`));
        form.reset();
        onAdded(customer);
        onClose();
      },
      isQuiet: true,
    },
  );
  return (
    <FormModal
      title="Add customer"
      submit="Add customer"
      opened={opened}
      onClose={onClose}
      onSubmit={form.onSubmit((customer) => create.mutate(customer))}
      isPending={create.isPending}
      error={create.error}
    >
      {clock.id !== null && (
        <Text size="sm" c="dimmed">
          On the test clock that you look at, and on it for good.
        </Text>
      )}
      <TextInput label="Name" data-autofocus {...form.getInputProps('name')} />
      <TextInput label="Email" type="email" description="Invoices are sent there." {...form.getInputProps('email')} />
      <Textarea
        label="Description"
        description="Only you see it."
        autosize
        minRows={2}
        {...form.getInputProps('description')}
      />
    </FormModal>
  );
}
