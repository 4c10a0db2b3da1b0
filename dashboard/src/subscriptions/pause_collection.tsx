import { Radio, Stack, Text } from '@mantine/core';
import { DatePickerInput } from '@mantine/dates';
import '@mantine/dates/styles.css';
import { useState } from 'react';
import { useAction } from '../api/hooks.ts';
import { FormModal } from '../ui/form_modal.tsx';
import type { ActionProps } from './confirmations.tsx';
import { unixOfDay } from './draft.ts';

type Paused = { readonly behavior: string; readonly until: string | null };

/** Invoices are made and not collected. */
export function PauseCollection({ subscription, onClose }: ActionProps) {
  const [paused, setPaused] = useState<Paused>({ behavior: 'keep_as_draft', until: null });
  const pause = useAction(
    (client, { behavior, until }: Paused) =>
      client.post(`/v1/subscriptions/${subscription.id}`, {
        pause_collection: { behavior, resumes_at: until === null ? undefined : unixOfDay(until) },
      }),
    { done: 'Collection is paused', onDone: onClose, isQuiet: true },
  );
  return (
    <FormModal
      title="Pause collection"
      submit="Pause collection"
      opened
      onClose={onClose}
      onSubmit={() => pause.mutate(paused)}
      isPending={pause.isPending}
      error={pause.error}
    >
      <Text size="sm">The subscription stays active and its periods go on. What becomes of its invoices:</Text>
      <Radio.Group
        aria-label="Invoices"
        value={paused.behavior}
        onChange={(behavior) => setPaused({ ...paused, behavior })}
      >
        <Stack gap="xs">
          <Radio value="keep_as_draft" label="Keep as drafts" description="To be collected later." />
          <Radio
            value="mark_uncollectible"
            label="Mark uncollectible"
            description="A service that is given for free."
          />
          <Radio value="void" label="Void" description="Nothing was delivered." />
        </Stack>
      </Radio.Group>
      <DatePickerInput
        label="Resumes on (UTC)"
        placeholder="When you resume it"
        clearable
        value={paused.until}
        onChange={(until) => setPaused({ ...paused, until })}
      />
    </FormModal>
  );
}
