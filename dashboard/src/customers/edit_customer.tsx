import { Group, Select, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Params } from '../api/form.ts';
import { useAction } from '../api/hooks.ts';
import { Disclose } from '../ui/disclose.tsx';
import { FormModal } from '../ui/form_modal.tsx';
import type { TimedCustomer } from './time.ts';

type Props = { readonly customer: TimedCustomer; readonly onClose: () => void };

const ADDRESS = ['line1', 'line2', 'postal_code', 'city', 'state', 'country'] as const;

type Edited = {
  name: string;
  email: string;
  description: string;
  phone: string;
  tax_exempt: string;
  address: Record<(typeof ADDRESS)[number], string>;
};

/** Changes who a customer is. What is emptied is taken away. */
export function EditCustomer({ customer, onClose }: Props) {
  const form = useForm<Edited>({ initialValues: editedOf(customer) });
  const save = useAction((client, edited: Edited) => client.post(`/v1/customers/${customer.id}`, paramsOf(edited)), {
    done: 'Customer saved',
    onDone: onClose,
    isQuiet: true,
  });
  return (
    <FormModal
      title="Edit customer"
      submit="Save"
      opened
      onClose={onClose}
      onSubmit={form.onSubmit((edited) => save.mutate(edited))}
      isPending={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" data-autofocus {...form.getInputProps('name')} />
      <TextInput label="Email" type="email" description="Invoices are sent there." {...form.getInputProps('email')} />
      <Textarea
        label="Description"
        description="Only you see it."
        autosize
        minRows={2}
        {...form.getInputProps('description')}
      />
      <Disclose label="Address, phone and taxes">
        <TextInput label="Phone" type="tel" {...form.getInputProps('phone')} />
        <TextInput label="Address" {...form.getInputProps('address.line1')} />
        <TextInput label="Address, second line" {...form.getInputProps('address.line2')} />
        <Group grow>
          <TextInput label="Postal code" {...form.getInputProps('address.postal_code')} />
          <TextInput label="City" {...form.getInputProps('address.city')} />
        </Group>
        <Group grow align="flex-start">
          <TextInput label="State" {...form.getInputProps('address.state')} />
          <TextInput label="Country" placeholder="DE" {...form.getInputProps('address.country')} />
        </Group>
        <Select
          label="Taxes"
          allowDeselect={false}
          data={[
            { value: 'none', label: 'Taxable' },
            { value: 'exempt', label: 'Exempt' },
            { value: 'reverse', label: 'Reverse charge' },
          ]}
          {...form.getInputProps('tax_exempt')}
        />
      </Disclose>
    </FormModal>
  );
}

function editedOf({ name, email, description, phone, tax_exempt: exempt, address }: TimedCustomer): Edited {
  return {
    name: name ?? '',
    email: email ?? '',
    description: description ?? '',
    phone: phone ?? '',
    tax_exempt: exempt ?? 'none',
    address: Object.fromEntries(ADDRESS.map((part) => [part, address?.[part] ?? ''])) as Edited['address'],
  };
}

function paramsOf({ address, ...rest }: Edited): Params {
  return { ...rest, address: Object.values(address).every((part) => part === '') ? '' : address };
}
