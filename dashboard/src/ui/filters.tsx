import { Button, Group, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { Fragment, type ReactNode, useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import classes from './ui.module.css';

/** A choice that narrows a list, by a parameter of the API. */
export type Filter = {
  readonly param: string;
  readonly label: string;
  /** Values and how they are called; without them it is a text. */
  readonly options?: readonly (readonly [string, string])[];
  /** A day of UTC, of which the API is told the first second. */
  readonly isDay?: true;
  /** A field of its own, as for what the server searches. */
  readonly field?: (value: string | null, set: (value: string | null) => void) => ReactNode;
};

const PAUSE_MS = 300;

/** Filters of a list, kept in the address, so that what one sees can be shared. */
export function Filters({ of }: { readonly of: readonly Filter[] }) {
  const [search, setSearch] = useSearchParams();
  const setAll = (values: readonly (readonly [param: string, value: string | null])[]) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [param, value] of values) {
          if (value) after.set(param, value);
          else after.delete(param);
        }
        // Another list has other pages.
        after.delete('starting_after');
        after.delete('ending_before');
        return after;
      },
      { replace: true },
    );
  const set = (param: string, value: string | null) => setAll([[param, value]]);
  const isSet = of.some(({ param }) => search.has(param));
  return (
    <Group gap="xs">
      {of.map(({ param, label, options, isDay, field }) =>
        field !== undefined ? (
          <Fragment key={param}>{field(search.get(param), (value) => set(param, value))}</Fragment>
        ) : isDay === true ? (
          <DayFilter key={param} label={label} value={search.get(param)} onChange={(value) => set(param, value)} />
        ) : options === undefined ? (
          <TextFilter key={param} label={label} value={search.get(param) ?? ''} onChange={(text) => set(param, text)} />
        ) : (
          <Select
            key={param}
            size="xs"
            w={150}
            aria-label={label}
            placeholder={label}
            data={options.map(([value, name]) => ({ value, label: name }))}
            value={search.get(param)}
            onChange={(value) => set(param, value)}
            clearable
          />
        ),
      )}
      {isSet && (
        <Button size="xs" variant="subtle" color="gray" onClick={() => setAll(of.map(({ param }) => [param, null]))}>
          Clear
        </Button>
      )}
    </Group>
  );
}

type DayProps = {
  readonly label: string;
  readonly value: string | null;
  readonly onChange: (seconds: string | null) => void;
};

function DayFilter({ label, value, onChange }: DayProps) {
  const day = value === null ? '' : new Date(Number(value) * 1000).toISOString().slice(0, 10);
  return (
    <TextInput
      type="date"
      size="xs"
      w={180}
      aria-label={label}
      leftSection={<span className={classes.before}>{label}</span>}
      leftSectionWidth={64}
      value={day}
      onChange={({ currentTarget }) => {
        const at = Date.parse(`${currentTarget.value}T00:00:00Z`);
        onChange(Number.isNaN(at) ? null : String(at / 1000));
      }}
    />
  );
}

type TextProps = { readonly label: string; readonly value: string; readonly onChange: (text: string) => void };

/** Waits until somebody pauses. */
function TextFilter({ label, value, onChange }: TextProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      size="xs"
      w={160}
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={14} aria-hidden />}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}
