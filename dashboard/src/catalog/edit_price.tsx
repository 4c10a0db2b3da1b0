import { Checkbox, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { changedMetadata, type Entries, MetadataField } from '../ui/metadata_field.tsx';
import { problemsIn } from '../ui/problems.ts';

type Props = { readonly price: Stripe.Price; readonly onClose: () => void };

/** What of a price can change: never what it costs, for customers have subscribed to that. */
export function EditPrice({ price, onClose }: Props) {
  const [nickname, setNickname] = useState(price.nickname ?? '');
  const [lookupKey, setLookupKey] = useState(price.lookup_key ?? '');
  const [isTransferred, setTransferred] = useState(false);
  const [taxBehavior, setTaxBehavior] = useState<string>(price.tax_behavior ?? 'unspecified');
  const [metadata, setMetadata] = useState<Entries>(Object.entries(price.metadata));
  const change = useAction(
    (client) =>
      client.post<Stripe.Price>(`/v1/prices/${price.id}`, {
        nickname: nickname.trim(),
        lookup_key: lookupKey.trim(),
        transfer_lookup_key: isTransferred || undefined,
        tax_behavior: taxBehavior === price.tax_behavior ? undefined : taxBehavior,
        metadata: changedMetadata(price.metadata, metadata),
      }),
    { done: 'Price changed', onDone: onClose, isQuiet: true },
  );
  const { at: wrong, rest } = problemsIn(change.error, ['nickname', 'lookup_key', 'tax_behavior']);
  return (
    <FormModal
      title="Edit price"
      submit="Save price"
      opened
      onClose={onClose}
      onSubmit={() => change.mutate(undefined)}
      isPending={change.isPending}
      error={rest}
    >
      <TextInput
        label="Nickname"
        description="Only you see it."
        data-autofocus
        value={nickname}
        onChange={(event) => setNickname(event.currentTarget.value)}
        error={wrong('nickname')}
      />
      <TextInput
        label="Lookup key"
        description="Your code finds the price by it, whatever its ID."
        value={lookupKey}
        onChange={(event) => setLookupKey(event.currentTarget.value)}
        error={wrong('lookup_key')}
      />
      {(wrong('lookup_key') !== undefined || isTransferred) && (
        <Checkbox
          label="Take the lookup key from the price that has it"
          checked={isTransferred}
          onChange={(event) => setTransferred(event.currentTarget.checked)}
        />
      )}
      {price.tax_behavior === 'unspecified' && (
        <Select
          label="Tax behavior"
          description="Whether tax is part of the price. Once chosen it stays."
          allowDeselect={false}
          data={[
            { value: 'unspecified', label: 'Not chosen' },
            { value: 'exclusive', label: 'Exclusive: tax comes on top' },
            { value: 'inclusive', label: 'Inclusive: tax is in the price' },
          ]}
          value={taxBehavior}
          onChange={(behavior) => behavior !== null && setTaxBehavior(behavior)}
          error={wrong('tax_behavior')}
        />
      )}
      <MetadataField value={metadata} onChange={setMetadata} />
    </FormModal>
  );
}
