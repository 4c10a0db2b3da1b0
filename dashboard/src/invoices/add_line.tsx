import { TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { parseMoney } from '../ui/format.ts';

type Props = { readonly invoice: Stripe.Invoice; readonly onClose: () => void };
type NewLine = { description: string; amount: string };

/** A charge, or with a minus a credit, on a draft. */
export function AddLine({ invoice: { id, currency }, onClose }: Props) {
  const form = useForm<NewLine>({
    initialValues: { description: '', amount: '' },
    validate: { amount: (amount) => (parseSigned(amount, currency) === undefined ? 'An amount, as 12.50' : null) },
  });
  const add = useAction(
    (client, { description, amount }: NewLine) =>
      client.post(`/v1/invoices/${id}/add_lines`, {
        lines: [{ description, amount: parseSigned(amount, currency) }],
      }),
    { done: 'Line added', onDone: onClose, isQuiet: true },
  );
  return (
    <FormModal
      title="Add line"
      submit="Add line"
      opened
      onClose={onClose}
      onSubmit={form.onSubmit((line) => add.mutate(line))}
      isPending={add.isPending}
      error={add.error}
    >
      <TextInput label="Description" required data-autofocus {...form.getInputProps('description')} />
      <TextInput
        label={`Amount (${currency.toUpperCase()})`}
        description="With a minus it is taken off."
        inputMode="decimal"
        required
        {...form.getInputProps('amount')}
      />
    </FormModal>
  );
}

/** Whole smallest units of what was typed, with its sign; undefined where it is no amount. */
export function parseSigned(text: string, currency: string): string | undefined {
  const isNegative = text.trim().startsWith('-');
  const amount = parseMoney(text.trim().replace(/^-/, ''), currency);
  if (amount === undefined || amount.includes('.')) return undefined;
  return isNegative ? `-${amount}` : amount;
}
