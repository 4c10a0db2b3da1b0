import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { formatNumber } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import { aggregate } from './aggregate.ts';
import { FORMULAS, type Formula } from './meter.ts';

/** Example events, and what the method makes of them while one types. */
export function PreviewPane({ formula }: { readonly formula: Formula }) {
  const [values, setValues] = useState(['25', '10', '40']);
  const result = aggregate(formula, values);
  const change = (place: number, value: string) => setValues(values.with(place, value));
  return (
    <Panel title="Preview">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Set example usage events, oldest first, and see what is billed for them.
        </Text>
        {values.map((value, place) => (
          // oxlint-disable-next-line react/no-array-index-key -- an event is its place.
          <Group key={place} gap="xs" wrap="nowrap">
            <TextInput
              aria-label={`Value of event ${place + 1}`}
              leftSection={<Text size="xs" c="dimmed">{`#${place + 1}`}</Text>}
              value={value}
              onChange={(event) => change(place, event.currentTarget.value)}
              style={{ flex: 1 }}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove event ${place + 1}`}
              onClick={() => setValues(values.toSpliced(place, 1))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => setValues([...values, '1'])}
        >
          Add event
        </Button>
        <Group justify="space-between" pt="xs">
          <Text fw={600}>{FORMULAS[formula].label}</Text>
          <Text fw={700} size="xl" component="output" aria-label="Aggregated usage">
            {result === undefined ? 'A value is no number' : formatNumber(result)}
          </Text>
        </Group>
      </Stack>
    </Panel>
  );
}
