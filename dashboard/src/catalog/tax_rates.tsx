import { Button, Menu, SegmentedControl, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconArchive, IconCopy, IconPlus, IconRestore } from '@tabler/icons-react';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { copyText } from '../ui/clipboard.ts';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { FormModal } from '../ui/form_modal.tsx';
import { Page } from '../ui/page.tsx';
import { problemsIn } from '../ui/problems.ts';
import { ResourceList } from '../ui/resource_list.tsx';
import { RowMenu } from '../ui/row_menu.tsx';
import { When } from '../ui/when.tsx';
import { Archived } from './archived.tsx';

const ICON = { size: 16, 'aria-hidden': true } as const;

const COLUMNS: readonly Column<Stripe.TaxRate>[] = [
  { header: 'Name', cell: ({ display_name: name }) => name, value: ({ display_name: name }) => name },
  { header: 'Rate', cell: sayRate, value: ({ percentage }) => percentage },
  { header: 'Region', cell: sayRegion, value: sayRegion, isMinor: true },
  {
    header: 'Status',
    cell: ({ active }) => <Archived isActive={active} />,
    value: ({ active }) => (active ? 'active' : 'archived'),
    isMinor: true,
  },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} label="tax rate ID" />, value: ({ id }) => id, isMinor: true },
  { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
  { header: '', align: 'right', cell: (rate) => <Actions rate={rate} /> },
];

function sayRate({ percentage, inclusive }: Stripe.TaxRate): string {
  return `${percentage}% ${inclusive ? 'inclusive' : 'exclusive'}`;
}

function sayRegion({ country, state, jurisdiction }: Stripe.TaxRate): string {
  const region = [country, state].filter((part) => part !== null).join('-');
  return jurisdiction ?? (region === '' ? '—' : region);
}

function Actions({ rate: { id, active } }: { readonly rate: Stripe.TaxRate }) {
  const change = useAction((client) => client.post<Stripe.TaxRate>(`/v1/tax_rates/${id}`, { active: !active }), {
    done: active ? 'Tax rate archived' : 'Tax rate restored',
  });
  return (
    <RowMenu label="Tax rate actions">
      <Menu.Item leftSection={<IconCopy {...ICON} />} onClick={() => void copyText(id, 'Tax rate ID')}>
        Copy tax rate ID
      </Menu.Item>
      <Menu.Item
        leftSection={active ? <IconArchive {...ICON} /> : <IconRestore {...ICON} />}
        onClick={() => change.mutate(undefined)}
      >
        {active ? 'Archive tax rate' : 'Restore tax rate'}
      </Menu.Item>
    </RowMenu>
  );
}

export function Component() {
  const [opened, { open, close }] = useDisclosure();
  return (
    <Page
      title="Tax rates"
      actions={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
          Create tax rate
        </Button>
      }
    >
      <ResourceList
        path="/v1/tax_rates"
        noun="tax rates"
        columns={COLUMNS}
        filters={[
          {
            param: 'active',
            label: 'Status',
            options: [
              ['true', 'Active'],
              ['false', 'Archived'],
            ],
          },
          {
            param: 'inclusive',
            label: 'Type',
            options: [
              ['false', 'Exclusive'],
              ['true', 'Inclusive'],
            ],
          },
        ]}
        empty={
          <Empty
            title="No tax rates yet"
            action={<Button onClick={open}>Create your first tax rate</Button>}
            curl={<Curl path="/v1/tax_rates" params={['display_name=VAT', 'percentage=20', 'inclusive=false']} />}
          >
            A tax rate is applied to the lines of invoices and of subscriptions that name it.
          </Empty>
        }
      />
      {opened && <CreateTaxRate onClose={close} />}
    </Page>
  );
}

const INITIAL = {
  name: '',
  percentage: '',
  type: 'exclusive',
  country: '',
  state: '',
  jurisdiction: '',
  description: '',
};

const FIELDS = ['display_name', 'percentage', 'country', 'state', 'jurisdiction', 'description'];

function CreateTaxRate({ onClose }: { readonly onClose: () => void }) {
  const form = useForm({
    initialValues: INITIAL,
    validate: {
      name: (text) => (text.trim() === '' ? 'Enter a name, such as VAT.' : null),
      percentage: (text) => (text.trim() === '' ? 'Enter a percentage.' : null),
    },
  });
  const create = useAction(
    (client, rate: typeof INITIAL) =>
      client.post<Stripe.TaxRate>('/v1/tax_rates', {
        display_name: rate.name.trim(),
        percentage: rate.percentage.trim(),
        inclusive: rate.type === 'inclusive',
        country: rate.country.trim() || undefined,
        state: rate.state.trim() || undefined,
        jurisdiction: rate.jurisdiction.trim() || undefined,
        description: rate.description.trim() || undefined,
      }),
    { done: 'Tax rate created', onDone: onClose, isQuiet: true },
  );
  const { at, rest } = problemsIn(create.error, FIELDS);
  return (
    <FormModal
      title="Create tax rate"
      submit="Create tax rate"
      opened
      onClose={onClose}
      onSubmit={form.onSubmit((rate) => create.mutate(rate))}
      isPending={create.isPending}
      error={rest}
    >
      <TextInput
        label="Name"
        description="Customers see it on invoices."
        placeholder="VAT"
        data-autofocus
        {...form.getInputProps('name')}
        error={form.errors['name'] ?? at('display_name')}
      />
      <TextInput
        label="Percentage"
        inputMode="decimal"
        rightSection="%"
        {...form.getInputProps('percentage')}
        error={form.errors['percentage'] ?? at('percentage')}
      />
      <SegmentedControl
        aria-label="Type"
        data={[
          { value: 'exclusive', label: 'Exclusive: on top' },
          { value: 'inclusive', label: 'Inclusive: in the price' },
        ]}
        {...form.getInputProps('type')}
      />
      <TextInput label="Country" placeholder="DE" {...form.getInputProps('country')} error={at('country')} />
      <TextInput label="State" placeholder="CA" {...form.getInputProps('state')} error={at('state')} />
      <TextInput label="Jurisdiction" {...form.getInputProps('jurisdiction')} error={at('jurisdiction')} />
      <TextInput
        label="Description"
        description="Only you see it."
        {...form.getInputProps('description')}
        error={at('description')}
      />
    </FormModal>
  );
}
