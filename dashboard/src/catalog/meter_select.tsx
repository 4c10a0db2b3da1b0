import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { fetchAll } from '../api/client.ts';
import { useClient } from '../api/hooks.ts';
import type { Meter } from '../meters/meter.ts';
import { useSpace } from '../session/space.ts';

/** The active meters, those of our own formulas included. */
export function useMeters() {
  const client = useClient();
  const { account } = useSpace();
  return useQuery({
    queryKey: [account.id, 'active meters'],
    queryFn: ({ signal }) => fetchAll<Meter>(client, '/v1/usance/meters', { status: 'active' }, { signal }),
  });
}

type Props = {
  readonly value: string | null;
  readonly onChange: (id: string | null) => void;
  readonly description?: ReactNode;
  readonly error?: string;
};

/** Chooses a meter by the name that people gave it. */
export function MeterSelect({ value, onChange, description, error }: Props) {
  const { data: meters, isPending } = useMeters();
  return (
    <Select
      label="Meter"
      placeholder={isPending ? 'Loading…' : 'Select a meter'}
      searchable
      description={description}
      nothingFoundMessage={meters?.length === 0 ? 'There is no meter yet: create one first.' : 'No meter is called so.'}
      data={choices(meters ?? [])}
      value={value}
      onChange={onChange}
      error={error}
    />
  );
}

/** Meters of the same name are told apart by what they listen to. */
function choices(meters: readonly Meter[]) {
  const named = Map.groupBy(meters, ({ display_name: name }) => name);
  return meters.map(({ id, display_name: name, event_name: event }) => ({
    value: id,
    label: named.get(name)?.length === 1 ? name : `${name} (${event})`,
  }));
}
