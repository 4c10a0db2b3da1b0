import { Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { changedMetadata, type Entries, MetadataField } from '../ui/metadata_field.tsx';
import { problemsIn } from '../ui/problems.ts';

type Props = { readonly product: Stripe.Product; readonly onClose: () => void };

/** What of a product can still be said otherwise. */
export function EditProduct({ product, onClose }: Props) {
  const [name, setName] = useState(product.name);
  const [description, setDescription] = useState(product.description ?? '');
  const [unitLabel, setUnitLabel] = useState(product.unit_label ?? '');
  const [metadata, setMetadata] = useState<Entries>(Object.entries(product.metadata));
  const change = useAction(
    (client) =>
      client.post<Stripe.Product>(`/v1/products/${product.id}`, {
        name: name.trim(),
        description: description.trim(),
        unit_label: unitLabel.trim(),
        metadata: changedMetadata(product.metadata, metadata),
      }),
    { done: 'Product changed', onDone: onClose, isQuiet: true },
  );
  const { at: wrong, rest } = problemsIn(change.error, ['name', 'description', 'unit_label']);
  return (
    <FormModal
      title="Edit product"
      submit="Save product"
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
        error={wrong('name')}
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
        error={wrong('description')}
      />
      <TextInput
        label="Unit label"
        description="What a unit is called on invoices, such as token or seat."
        value={unitLabel}
        onChange={(event) => setUnitLabel(event.currentTarget.value)}
        error={wrong('unit_label')}
      />
      <MetadataField value={metadata} onChange={setMetadata} />
    </FormModal>
  );
}
