import { ActionIcon, Autocomplete, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconTrash } from '@tabler/icons-react';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useAction, useGet } from '../api/hooks.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { Panel } from '../ui/panel.tsx';

type Props = { readonly customer: string };

/** Some of the types; the API knows all and says where another is not one. */
const TYPES = ['eu_vat', 'gb_vat', 'us_ein', 'ch_vat', 'no_vat', 'ca_gst_hst', 'au_abn', 'nz_gst', 'in_gst', 'jp_trn'];

/** By what numbers tax offices know a customer; they stand on its invoices. */
export function TaxIds({ customer }: Props) {
  const [opened, { open, close }] = useDisclosure();
  const path = `/v1/customers/${customer}/tax_ids`;
  const ids = useGet<List<Stripe.TaxId>>(path);
  const remove = useAction((client, id: string) => client.remove(`${path}/${id}`), { done: 'Tax ID removed' });
  return (
    <Panel
      title="Tax IDs"
      actions={
        <Button size="xs" variant="subtle" onClick={open}>
          Add tax ID
        </Button>
      }
    >
      <Stack gap={4}>
        {ids.data?.data.length === 0 && (
          <Text size="sm" c="dimmed">
            None.
          </Text>
        )}
        {(ids.data?.data ?? []).map(({ id, type, value }) => (
          <Group key={id} justify="space-between" wrap="nowrap">
            <Text size="sm">
              {value}{' '}
              <Text span size="xs" c="dimmed">
                {type}
              </Text>
            </Text>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove tax ID ${value}`}
              onClick={() => remove.mutate(id)}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
      </Stack>
      {opened && <AddTaxId path={path} onClose={close} />}
    </Panel>
  );
}

function AddTaxId({ path, onClose }: { readonly path: string; readonly onClose: () => void }) {
  const form = useForm({ initialValues: { type: 'eu_vat', value: '' } });
  const add = useAction((client, id: { type: string; value: string }) => client.post(path, id), {
    done: 'Tax ID added',
    onDone: onClose,
    isQuiet: true,
  });
  return (
    <FormModal
      title="Add tax ID"
      submit="Add tax ID"
      opened
      onClose={onClose}
      onSubmit={form.onSubmit((id) => add.mutate(id))}
      isPending={add.isPending}
      error={add.error}
    >
      <Autocomplete label="Type" data={TYPES} required {...form.getInputProps('type')} />
      <TextInput label="Number" placeholder="DE123456789" required {...form.getInputProps('value')} />
    </FormModal>
  );
}
