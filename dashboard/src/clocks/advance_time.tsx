import '@mantine/dates/styles.css';
import { Button, Group, Text } from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import { useState } from 'react';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useAction, useGet } from '../api/hooks.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { formatTime } from '../ui/format.ts';
import { addMonths, CLOCKS, fromPicked, type TestClock, toPicked, useShowClock } from './clock.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;

type Props = { readonly clock: TestClock; readonly onClose: () => void };

/** Chooses how far a clock goes: by a step, or by the calendar. */
export default function AdvanceTime({ clock, onClose }: Props) {
  const { frozen_time: now } = clock;
  const [picked, setPicked] = useState<string | null>(toPicked(now + DAY));
  const target = fromPicked(picked);
  const show = useShowClock();
  const advance = useAction(
    (client, to: number) => client.post<TestClock>(`${CLOCKS}/${clock.id}/advance`, { frozen_time: to }),
    {
      onDone: (answer) => {
        show(answer);
        onClose();
      },
      isQuiet: true,
    },
  );
  const steps = useSteps(clock);
  const isAhead = target !== undefined && target > now;
  return (
    <FormModal
      title="Advance time"
      submit="Advance time"
      opened
      onClose={onClose}
      onSubmit={() => isAhead && advance.mutate(target)}
      isPending={advance.isPending}
      error={advance.error}
    >
      <Text size="sm" c="dimmed">
        It is {formatTime(now)}. What is due until the chosen time is done as it would be then: renewals, invoices,
        payments.
      </Text>
      <Group gap="xs" role="group" aria-label="Steps">
        {steps.map(([label, at]) => (
          <Button
            key={label}
            size="xs"
            variant={at === target ? 'filled' : 'default'}
            aria-pressed={at === target}
            onClick={() => setPicked(toPicked(at))}
          >
            {label}
          </Button>
        ))}
      </Group>
      <DateTimePicker
        label="Advance to (UTC)"
        value={picked}
        onChange={setPicked}
        minDate={toPicked(now)}
        valueFormat="MMM D, YYYY HH:mm:ss"
        withSeconds
        popoverProps={{ withinPortal: true }}
        error={target !== undefined && !isAhead ? 'A clock only moves forward.' : undefined}
      />
    </FormModal>
  );
}

/** Names of steps and where they lead; to the next renewal where there is one. */
function useSteps({ id, frozen_time: now }: TestClock): readonly (readonly [string, number])[] {
  const { data } = useGet<List<Stripe.Subscription>>('/v1/subscriptions', { test_clock: id, limit: 100 });
  const ends = (data?.data ?? []).flatMap(({ items }) => items.data.map(({ current_period_end: end }) => end));
  const renewal = Math.min(...ends.filter((end) => end > now));
  return [
    ['1 hour', now + HOUR],
    ['1 day', now + DAY],
    ['1 week', now + 7 * DAY],
    ['1 month', addMonths(now, 1)],
    ...(Number.isFinite(renewal) ? [['To the next renewal', renewal] as const] : []),
  ];
}
