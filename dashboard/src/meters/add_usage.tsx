import { TextInput } from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import '@mantine/dates/styles.css';
import { useForm } from '@mantine/form';
import { useAction } from '../api/hooks.ts';
import { CustomerSelect } from '../customers/customer_select.tsx';
import { FormModal } from '../ui/form_modal.tsx';
import type { Meter } from './meter.ts';

type Props = { readonly meter: Meter; readonly onClose: () => void };

type Usage = { customer: string | null; value: string; at: string | null; dimensions: Record<string, string> };

/** One event, sent by hand. */
export function AddUsage({ meter, onClose }: Props) {
  const { customer_mapping: mapping, value_settings: settings, dimension_payload_keys: keys } = meter;
  const form = useForm<Usage>({
    initialValues: {
      customer: null,
      value: '',
      at: null,
      dimensions: Object.fromEntries(keys.map((key) => [key, ''])),
    },
    validate: { customer: (value) => (value === null ? 'Choose who used it.' : null) },
  });
  const send = useAction(
    (client, { customer, value, at, dimensions }: Usage) =>
      client.post('/v1/billing/meter_events', {
        event_name: meter.event_name,
        payload: { [mapping.event_payload_key]: customer, [settings.event_payload_key]: value, ...dimensions },
        timestamp: at === null ? undefined : Math.floor(Date.parse(`${at.replace(' ', 'T')}Z`) / 1000),
      }),
    { done: 'Usage added', onDone: onClose, isQuiet: true },
  );
  return (
    <FormModal
      title="Add usage"
      submit="Submit"
      opened
      onClose={onClose}
      onSubmit={form.onSubmit((usage) => send.mutate(usage))}
      isPending={send.isPending}
      error={send.error}
    >
      <CustomerSelect
        required
        value={form.values.customer}
        onChange={(id) => form.setFieldValue('customer', id)}
        error={form.errors['customer']}
      />
      <TextInput label="Value" placeholder="3000" inputMode="decimal" required {...form.getInputProps('value')} />
      {keys.map((key) => (
        <TextInput key={key} label={key} required {...form.getInputProps(`dimensions.${key}`)} />
      ))}
      <DateTimePicker
        label="Happened (UTC)"
        description="Now, unless you say otherwise."
        placeholder="Now"
        clearable
        {...form.getInputProps('at')}
      />
    </FormModal>
  );
}
