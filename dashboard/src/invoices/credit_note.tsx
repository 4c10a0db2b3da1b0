import { Alert, Select, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type Stripe from 'stripe';
import type { ApiError } from '../api/error.ts';
import type { Params } from '../api/form.ts';
import { useAction, useClient } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { formatMoney, titleOf } from '../ui/format.ts';
import { parseSigned } from './add_line.tsx';

type Props = { readonly invoice: Stripe.Invoice; readonly onClose: () => void };

type Note = {
  readonly amount: string;
  /** Where what was paid goes. */
  readonly to: 'refund_amount' | 'credit_amount' | 'out_of_band_amount';
  readonly reason: string | null;
  readonly memo: string;
};

const REASONS = ['duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'];

/** Takes an amount off a final invoice: of what is open, or of what was paid, which is then given back. */
export function IssueCreditNote({ invoice, onClose }: Props) {
  const { currency } = invoice;
  const [note, setNote] = useState<Note>({ amount: '', to: 'refund_amount', reason: null, memo: '' });
  const change = (part: Partial<Note>) => setNote((before) => ({ ...before, ...part }));
  const params = paramsOf(invoice, note);
  const [settled] = useDebouncedValue(params, 300);
  const preview = useNotePreview(settled);
  const issue = useAction((client, asked: Params) => client.post('/v1/credit_notes', asked), {
    done: 'Credit note issued',
    onDone: onClose,
    isQuiet: true,
  });
  const error = issue.error ?? preview.error;
  return (
    <FormModal
      title="Issue credit note"
      submit="Issue credit note"
      opened
      onClose={onClose}
      onSubmit={() => {
        if (params !== undefined) issue.mutate(params);
      }}
      isPending={issue.isPending}
      error={error}
    >
      <TextInput
        label={`Amount (${currency.toUpperCase()})`}
        description={`Taxes included. The invoice is over ${formatMoney(invoice.total, currency)}.`}
        inputMode="decimal"
        required
        data-autofocus
        value={note.amount}
        onChange={(event) => change({ amount: event.currentTarget.value })}
      />
      {isPaid(invoice) && <Destination value={note.to} onChange={(to) => change({ to })} />}
      <Select
        label="Reason"
        placeholder="None"
        clearable
        data={REASONS.map((value) => ({ value, label: titleOf(value) }))}
        value={note.reason}
        onChange={(reason) => change({ reason })}
      />
      <TextInput
        label="Memo"
        description="Stands on the credit note."
        value={note.memo}
        onChange={(event) => change({ memo: event.currentTarget.value })}
      />
      {preview.data !== undefined && error === null && (
        <Alert color="gray" variant="light" aria-live="polite">
          {sayNote(preview.data)}
        </Alert>
      )}
    </FormModal>
  );
}

function isPaid({ status }: Stripe.Invoice): boolean {
  return status === 'paid';
}

type DestinationProps = { readonly value: Note['to']; readonly onChange: (to: Note['to']) => void };

function Destination({ value, onChange }: DestinationProps) {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={500} id="destination">
        Give it back
      </Text>
      <SegmentedControl
        aria-labelledby="destination"
        value={value}
        onChange={(to) => onChange(to)}
        data={[
          { value: 'refund_amount', label: 'Refund' },
          { value: 'credit_amount', label: 'To the balance' },
          { value: 'out_of_band_amount', label: 'Elsewhere' },
        ]}
      />
    </Stack>
  );
}

function paramsOf(invoice: Stripe.Invoice, { amount, to, reason, memo }: Note): Params | undefined {
  const units = parseSigned(amount, invoice.currency);
  if (units === undefined || units.startsWith('-')) return undefined;
  return {
    invoice: invoice.id,
    amount: units,
    reason: reason ?? undefined,
    memo: memo === '' ? undefined : memo,
    ...(isPaid(invoice) ? { [to]: units } : {}),
  };
}

/** What the note would be, as the API computes it. */
function useNotePreview(params: Params | undefined) {
  const client = useClient();
  const { account } = useSpace();
  return useQuery<Stripe.CreditNote, ApiError>({
    queryKey: [account.id, '/v1/credit_notes/preview', params],
    queryFn: ({ signal }) => client.get<Stripe.CreditNote>('/v1/credit_notes/preview', params, signal),
    enabled: params !== undefined,
  });
}

function sayNote({
  total,
  currency,
  pre_payment_amount: before,
  post_payment_amount: after,
}: Stripe.CreditNote): string {
  const parts = [
    before > 0 && `${formatMoney(before, currency)} less is to be paid`,
    after > 0 && `${formatMoney(after, currency)} is given back`,
  ].filter((part) => part !== false);
  return `A credit note over ${formatMoney(total, currency)}: ${parts.join(', and ')}.`;
}
