import { Loader, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { useClock } from '../clocks/use_clock.ts';

type Props = {
  readonly value: string | null;
  readonly onChange: (id: string | null) => void;
  readonly label?: string;
  readonly error?: React.ReactNode;
  readonly required?: boolean;
  /** True among the filters of a list. */
  readonly isFilter?: boolean;
};

const SHOWN = 20;
const PAUSE_MS = 200;

/** A customer, chosen by a part of the name or of the address; before anything is typed, the newest. */
export function CustomerSelect({ value, onChange, label = 'Customer', error, required, isFilter = false }: Props) {
  const clock = useClock();
  const [search, setSearch] = useState('');
  const [typed] = useDebouncedValue(search, PAUSE_MS);
  const isChosenLabel = useChosenLabel(value) === typed;
  const query = isChosenLabel ? '' : typed.trim().replaceAll(/["\\]/g, '');
  const list = useGet<List<Stripe.Customer>>(
    '/v1/customers',
    { ...clock.params, limit: SHOWN },
    { enabled: query === '' },
  );
  const found = useGet<List<Stripe.Customer>>(
    '/v1/customers/search',
    { query: `name~"${query}" OR email~"${query}"`, limit: SHOWN },
    { enabled: query.length > 2 },
  );
  const chosen = useGet<Stripe.Customer>(`/v1/customers/${value}`, {}, { enabled: value !== null });
  const shown =
    query.length > 2
      ? found.data?.data.filter((one) => (one.test_clock ?? null) === clock.id)
      : list.data?.data?.filter((one) => nameOf(one).toLowerCase().includes(query.toLowerCase()));
  const options = new Map((shown ?? []).map((one) => [one.id, nameOf(one)]));
  if (chosen.data !== undefined) options.set(chosen.data.id, nameOf(chosen.data));
  return (
    <Select
      {...(isFilter ? { 'aria-label': label, size: 'xs', w: 170, clearable: true } : { label })}
      placeholder={isFilter ? label : 'Name or email'}
      searchable
      required={required}
      value={value}
      onChange={onChange}
      onSearchChange={setSearch}
      error={error}
      data={[...options].map(([id, name]) => ({ value: id, label: name }))}
      // The server has searched: what it found is shown, also where an address matched and not the name.
      filter={({ options: all }) => all}
      nothingFoundMessage={found.isFetching || list.isFetching ? 'Searching…' : 'No customer has that name or email.'}
      rightSection={found.isFetching ? <Loader size={14} /> : undefined}
    />
  );
}

function useChosenLabel(value: string | null): string | undefined {
  const { data } = useGet<Stripe.Customer>(`/v1/customers/${value}`, {}, { enabled: value !== null });
  return data && nameOf(data);
}

function nameOf({ name, email, id }: Stripe.Customer): string {
  const known = [name, email && (name ? `(${email})` : email)].filter(Boolean).join(' ');
  return known === '' ? id : known;
}
