import '@mantine/dates/styles.css';
import { TextInput } from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAction } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { CLOCKS, fromPicked, type TestClock, toPicked } from './clock.ts';

/** The form of a new clock, which is shown, and looked at from then on. */
export default function NewSimulation({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate();
  const path = usePath();
  const [name, setName] = useState('');
  const [picked, setPicked] = useState<string | null>(() => toPicked(Math.floor(Date.now() / 1000)));
  const start = fromPicked(picked);
  const create = useAction(
    (client, time: number) => client.post<TestClock>(CLOCKS, { frozen_time: time, name: name.trim() || undefined }),
    { done: 'Simulation started', onDone: ({ id }) => void navigate(path(`/clocks/${id}?clock=${id}`)), isQuiet: true },
  );
  return (
    <FormModal
      title="New simulation"
      submit="Create"
      opened
      onClose={onClose}
      onSubmit={() => start !== undefined && create.mutate(start)}
      isPending={create.isPending}
      error={create.error}
    >
      <TextInput
        label="Name"
        placeholder="Annual renewal"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <DateTimePicker
        label="Start time (UTC)"
        description="It may be past or future; from there the clock only moves forward."
        value={picked}
        onChange={setPicked}
        valueFormat="MMM D, YYYY HH:mm:ss"
        withSeconds
        required
        error={start === undefined ? 'Choose when the simulation begins.' : undefined}
      />
    </FormModal>
  );
}
