import { ActionIcon, Button, Group, Input, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';

export type Entries = readonly (readonly [key: string, value: string])[];

type Props = { readonly value: Entries; readonly onChange: (value: Entries) => void; readonly error?: string };

/** Keys and values that the API keeps with an object. */
export function MetadataField({ value, onChange, error }: Props) {
  const set = (place: number, entry: readonly [string, string]) => onChange(value.with(place, entry));
  return (
    <Stack gap={6} role="group" aria-label="Metadata">
      <Input.Label component="div">Metadata</Input.Label>
      {value.map(([key, text], place) => (
        <Group key={place} gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            placeholder="Key"
            aria-label={`Metadata key ${place + 1}`}
            value={key}
            onChange={(event) => set(place, [event.currentTarget.value, text])}
          />
          <TextInput
            flex={1}
            placeholder="Value"
            aria-label={`Metadata value ${place + 1}`}
            value={text}
            onChange={(event) => set(place, [key, event.currentTarget.value])}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove metadata ${place + 1}`}
            onClick={() => onChange(value.toSpliced(place, 1))}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      {error !== undefined && (
        <Text size="xs" c="red" role="alert">
          {error}
        </Text>
      )}
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => onChange([...value, ['', '']])}
        >
          Add metadata
        </Button>
      </div>
    </Stack>
  );
}

/** As the API takes it, for something new. */
export function metadataOf(entries: Entries): Record<string, string> | undefined {
  const named = entries.filter(([key]) => key.trim() !== '');
  return named.length === 0 ? undefined : Object.fromEntries(named.map(([key, value]) => [key.trim(), value]));
}

/** As the API takes it, for something that has some: what is gone is unset. */
export function changedMetadata(before: Readonly<Record<string, string>>, entries: Entries): Record<string, string> {
  return { ...Object.fromEntries(Object.keys(before).map((key) => [key, ''])), ...metadataOf(entries) };
}

/** Its lines among the facts of a page. */
export function metadataFacts(metadata: Readonly<Record<string, string>> | undefined) {
  return Object.entries(metadata ?? {}).map(([key, value]) => [`Metadata · ${key}`, value] as const);
}
