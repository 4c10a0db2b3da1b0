import { Box, Button, Group } from '@mantine/core';
import { useState } from 'react';
import classes from './json_tree.module.css';

type Props = { readonly of: unknown; readonly label: string };

/** Unfolded at first: what is not longer than this. */
const SHORT = 6;

/** JSON with parts that fold; everything in it can be reached by keyboard and copied as text. */
export function JsonTree({ of, label }: Props) {
  // Another key draws the tree anew, as it is then folded.
  const [state, setState] = useState<{ mode: Mode; count: number }>({ mode: 'short', count: 0 });
  const turn = (mode: Mode) => setState(({ count }) => ({ mode, count: count + 1 }));
  return (
    <>
      <Group gap="xs" mb="xs">
        <Button size="compact-xs" variant="default" onClick={() => turn('all')}>
          Unfold all
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => turn('none')}>
          Fold all
        </Button>
      </Group>
      <Box className={classes.tree} key={state.count} role="group" aria-label={label}>
        <Value of={of} mode={state.mode} isLast depth={0} />
      </Box>
    </>
  );
}

type Mode = 'short' | 'all' | 'none';
type ValueProps = {
  readonly of: unknown;
  readonly name?: string;
  readonly mode: Mode;
  readonly isLast: boolean;
  readonly depth: number;
};

function Value({ of, name, mode, isLast, depth }: ValueProps) {
  const comma = isLast ? '' : ',';
  const head = name === undefined ? null : <span className={classes.name}>{`${JSON.stringify(name)}: `}</span>;
  if (typeof of !== 'object' || of === null) {
    return (
      <div className={classes.line}>
        {head}
        <span className={classes[of === null ? 'null' : typeof of]}>{JSON.stringify(of)}</span>
        {comma}
      </div>
    );
  }
  const isArray = Array.isArray(of);
  const entries: readonly (readonly [string | undefined, unknown])[] = isArray
    ? of.map((value) => [undefined, value] as const)
    : Object.entries(of);
  const [open, close] = isArray ? '[]' : '{}';
  if (entries.length === 0) {
    return (
      <div className={classes.line}>
        {head}
        {`${open}${close}${comma}`}
      </div>
    );
  }
  const isOpen = depth === 0 || mode === 'all' || (mode === 'short' && entries.length <= SHORT && depth < 3);
  return (
    <details open={isOpen} className={classes.part}>
      <summary>
        {head}
        {open}
        <span className={classes.count}>{` ${entries.length} ${isArray ? 'entries' : 'fields'} ${close}${comma}`}</span>
      </summary>
      <div className={classes.inner}>
        {entries.map(([key, value], place) => (
          <Value
            key={key ?? place}
            of={value}
            {...(key !== undefined && { name: key })}
            mode={mode}
            isLast={place === entries.length - 1}
            depth={depth + 1}
          />
        ))}
      </div>
      <div className={classes.line}>{`${close}${comma}`}</div>
    </details>
  );
}
