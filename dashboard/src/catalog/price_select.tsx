import { Select, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { idOf } from '../ui/id_of.ts';
import { sayPrice } from './words.ts';

/** The search needs so many letters. */
const MIN_LETTERS = 3;

type Props = {
  readonly label?: string;
  readonly description?: ReactNode;
  readonly value: Stripe.Price | null;
  readonly onChange: (price: Stripe.Price | null) => void;
  readonly type?: 'recurring' | 'one_time';
  readonly error?: ReactNode;
  readonly required?: boolean;
  readonly 'aria-label'?: string;
};

/** Chooses a price under its product. All are there where there are few; else they are found by the product's name. */
export function PriceSelect({ label, value, onChange, type = 'recurring', ...rest }: Props) {
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text, 200);
  const { prices, isLoading } = usePrices(type, asked.trim(), value);
  const groups = Map.groupBy(prices, productOf);
  return (
    <Select
      label={label}
      placeholder="Find a product…"
      searchable
      clearable
      data={[...groups].map(([group, members]) => ({
        group,
        items: members.map((price) => ({ value: price.id, label: `${group} · ${wordsOf(price)}` })),
      }))}
      value={value?.id ?? null}
      onChange={(id) => onChange(prices.find((price) => price.id === id) ?? null)}
      searchValue={text}
      onSearchChange={setText}
      nothingFoundMessage={isLoading ? 'Looking…' : 'No active price is found'}
      renderOption={({ option }) => <PriceOption price={prices.find(({ id }) => id === option.value)} />}
      comboboxProps={{ shadow: 'md' }}
      {...rest}
    />
  );
}

function PriceOption({ price }: { readonly price: Stripe.Price | undefined }) {
  if (price === undefined) return null;
  return (
    <Stack gap={0}>
      <Text size="sm">{wordsOf(price)}</Text>
      <Text size="xs" c="dimmed">
        {price.recurring?.usage_type === 'metered' ? 'Usage-based' : 'Quantity'}
      </Text>
    </Stack>
  );
}

function wordsOf(price: Stripe.Price): string {
  return price.nickname === null ? sayPrice(price) : `${price.nickname} (${sayPrice(price)})`;
}

function productOf({ product }: Stripe.Price): string {
  return typeof product === 'object' && product.deleted !== true ? product.name : String(idOf(product));
}

/** Prices of products that are active, newest first. */
function usePrices(type: 'recurring' | 'one_time', text: string, chosen: Stripe.Price | null) {
  const expand = ['data.product', 'data.tiers'];
  const newest = useGet<List<Stripe.Price>>('/v1/prices', { active: true, type, limit: 100, expand });
  const isSearched = newest.data?.has_more === true && text.length >= MIN_LETTERS;
  const products = useGet<List<Stripe.Product>>(
    '/v1/products/search',
    { query: `active:"true" AND name~${JSON.stringify(text)}`, limit: 20 },
    { enabled: isSearched },
  );
  const names = (products.data?.data ?? []).map(({ id }) => `product:${JSON.stringify(id)}`);
  const found = useGet<List<Stripe.Price>>(
    '/v1/prices/search',
    { query: names.join(' OR '), limit: 100, expand },
    { enabled: isSearched && names.length > 0 },
  );
  const more = (found.data?.data ?? []).filter((price) => price.active && price.type === type);
  const all = new Map(
    [...(newest.data?.data ?? []), ...more, ...(chosen === null ? [] : [chosen])].map((price) => [price.id, price]),
  );
  return { prices: [...all.values()], isLoading: newest.isLoading || products.isLoading || found.isLoading };
}
