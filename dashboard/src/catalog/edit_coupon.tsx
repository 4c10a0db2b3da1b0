import { TextInput } from '@mantine/core';
import { useState } from 'react';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { changedMetadata, type Entries, MetadataField } from '../ui/metadata_field.tsx';
import { problemsIn } from '../ui/problems.ts';

type Props = { readonly coupon: Stripe.Coupon; readonly onClose: () => void };

/** What of a coupon can change: never what it takes off. */
export function EditCoupon({ coupon, onClose }: Props) {
  const before = coupon.metadata ?? {};
  const [name, setName] = useState(coupon.name ?? '');
  const [metadata, setMetadata] = useState<Entries>(Object.entries(before));
  const change = useAction(
    (client) =>
      client.post<Stripe.Coupon>(`/v1/coupons/${encodeURIComponent(coupon.id)}`, {
        name: name.trim(),
        metadata: changedMetadata(before, metadata),
      }),
    { done: 'Coupon changed', onDone: onClose, isQuiet: true },
  );
  const { at, rest } = problemsIn(change.error, ['name']);
  return (
    <FormModal
      title="Edit coupon"
      submit="Save coupon"
      opened
      onClose={onClose}
      onSubmit={() => change.mutate(undefined)}
      isPending={change.isPending}
      error={rest}
    >
      <TextInput
        label="Name"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={at('name')}
      />
      <MetadataField value={metadata} onChange={setMetadata} />
    </FormModal>
  );
}
