import { MultiSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';

type Props = {
  readonly label: string;
  readonly description?: string;
  readonly value: string[];
  readonly onChange: (ids: string[]) => void;
  readonly error?: string;
};

/** The search needs so many letters. */
const MIN_LETTERS = 3;

/** Chooses products by their names: all are there where they are few, else they are searched. */
export function ProductsSelect({ value, onChange, ...input }: Props) {
  const [text, setText] = useState('');
  const [known, setKnown] = useState<ReadonlyMap<string, string>>(new Map());
  const [asked] = useDebouncedValue(text.trim(), 200);
  const newest = useGet<List<Stripe.Product>>('/v1/products', { active: true, limit: 100 });
  const found = useGet<List<Stripe.Product>>(
    '/v1/products/search',
    { query: `active:"true" AND name~${JSON.stringify(asked)}`, limit: 50 },
    { enabled: newest.data?.has_more === true && asked.length >= MIN_LETTERS },
  );
  const products = [...(newest.data?.data ?? []), ...(found.data?.data ?? [])];
  const names = new Map([...known, ...products.map(({ id, name }) => [id, name] as const)]);
  return (
    <MultiSelect
      placeholder={value.length === 0 ? 'All products' : undefined}
      searchable
      clearable
      nothingFoundMessage="No product is called so."
      data={[...names].map(([id, name]) => ({ value: id, label: name }))}
      value={value}
      searchValue={text}
      onSearchChange={setText}
      onChange={(ids) => {
        // What was found and chosen keeps its name when another search follows.
        setKnown(new Map(ids.map((id) => [id, names.get(id) ?? id])));
        onChange(ids);
      }}
      {...input}
    />
  );
}
