import { List, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import type Stripe from 'stripe';
import type { List as Page } from '../api/client.ts';
import type { ApiError } from '../api/error.ts';
import { useClient, useGet } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { CLOCKS, nameOfClock, type TestClock } from './clock.ts';

type Props = { readonly clock: TestClock; readonly onClose: () => void };

/** Asks before a clock goes, and says what goes with it. */
export function FinishSimulation({ clock, onClose }: Props) {
  const navigate = useNavigate();
  const { name } = useSpace();
  const client = useClient();
  const queries = useQueryClient();
  const finish = useMutation<unknown, ApiError>({
    mutationFn: () => client.remove(`${CLOCKS}/${clock.id}`),
    onSuccess: () => {
      // What this page shows is gone, and not read anew; what other pages have shown is.
      queries.removeQueries({ type: 'inactive' });
      notifyDone('Simulation finished');
      void navigate(`/${name}/clocks`);
    },
  });
  const asked = { test_clock: clock.id, limit: 100 };
  const customers = useGet<Page<Stripe.Customer>>('/v1/customers', asked);
  const subscriptions = useGet<Page<Stripe.Subscription>>('/v1/subscriptions', asked);
  return (
    <FormModal
      title="Finish simulation"
      submit="Finish simulation"
      opened
      onClose={onClose}
      onSubmit={() => finish.mutate()}
      isPending={finish.isPending}
      error={finish.error}
      isDangerous
    >
      <Text size="sm">“{nameOfClock(clock)}” is deleted, and with it:</Text>
      <List size="sm">
        <List.Item>{countWords(customers.data, 'customer')}, who are deleted</List.Item>
        <List.Item>{countWords(subscriptions.data, 'subscription')}, which are canceled</List.Item>
      </List>
      <Text size="sm" c="dimmed">
        Their invoices stay, as they are. This can’t be undone.
      </Text>
    </FormModal>
  );
}

function countWords(page: Page<unknown> | undefined, noun: string): string {
  if (page === undefined) return `… ${noun}s`;
  const { length } = page.data;
  if (page.has_more) return `More than ${length} ${noun}s`;
  return length === 0 ? `No ${noun}s` : length === 1 ? `1 ${noun}` : `${length} ${noun}s`;
}
