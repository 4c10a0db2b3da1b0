import { ActionIcon, Button, Table, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { type KeyboardEvent, useRef } from 'react';
import { flushSync } from 'react-dom';
import { formatNumber } from '../ui/format.ts';
import type { Problems } from '../ui/problems.ts';
import { firstUnit, type PriceDraft, type TierRow } from './draft.ts';
import { MoneyInput } from './money_input.tsx';
import classes from './catalog.module.css';

type Props = {
  readonly draft: PriceDraft;
  readonly onChange: (tiers: readonly TierRow[]) => void;
  readonly problems: Problems;
};

const BLANK: TierRow = { lastUnit: '', perUnit: '', flatFee: '' };

/** The tiers of a price. Arrows go up and down a column; Enter goes down, and adds a tier below the last. */
export function TierGrid({ draft, onChange, problems }: Props) {
  const { tiers } = draft;
  const grid = useRef<HTMLTableElement>(null);
  const focus = (column: string, place: number) =>
    grid.current?.querySelector<HTMLInputElement>(`[data-cell="${column}-${place}"]`)?.focus();
  const add = () => {
    // Drawn at once, so that the next key already goes into the new row.
    flushSync(() => onChange([...tiers, BLANK]));
    // Where the open tier was, there is now one that ends: that is what comes next to be typed.
    focus('lastUnit', tiers.length - 1);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    const [column = '', place = ''] = ((event.target as HTMLElement).dataset['cell'] ?? '').split('-');
    const step = { ArrowUp: -1, ArrowDown: 1, Enter: 1 }[event.key];
    if (column === '' || step === undefined) return;
    event.preventDefault();
    const next = Number(place) + step;
    if (event.key === 'Enter' && next === tiers.length) add();
    else focus(column, next);
  };
  return (
    <div>
      <Table.ScrollContainer minWidth={440} type="native">
        <Table ref={grid} className={classes.tiers} aria-label="Tiers" withRowBorders={false} onKeyDown={onKeyDown}>
          <Table.Thead>
            <Table.Tr>
              {['First unit', 'Last unit', 'Per unit', 'Flat fee'].map((head) => (
                <Table.Th key={head}>{head}</Table.Th>
              ))}
              <Table.Th>
                <VisuallyHidden>Remove</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tiers.map((row, place) => (
              <TierInputs
                key={place}
                row={row}
                place={place}
                isLast={place === tiers.length - 1}
                first={firstUnit(tiers, place)}
                currency={draft.currency}
                problems={problems}
                onChange={(change) => onChange(tiers.with(place, { ...row, ...change }))}
                onRemove={tiers.length === 1 ? undefined : () => onChange(tiers.toSpliced(place, 1))}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>
        Add another tier
      </Button>
    </div>
  );
}

type RowProps = {
  readonly row: TierRow;
  readonly place: number;
  readonly isLast: boolean;
  /** Undefined while the tier before has no end. */
  readonly first: bigint | undefined;
  readonly currency: string;
  readonly problems: Problems;
  readonly onChange: (change: Partial<TierRow>) => void;
  readonly onRemove: (() => void) | undefined;
};

function TierInputs({ row, place, isLast, first, currency, problems, onChange, onRemove }: RowProps) {
  const name = `Tier ${place + 1}`;
  const at = `tiers[${place}]`;
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" c="dimmed" className={classes.firstUnit}>
          {first === undefined ? '…' : formatNumber(String(first))}
        </Text>
      </Table.Td>
      <Table.Td>
        {isLast ? (
          <Text size="sm" c="dimmed" className={classes.firstUnit} aria-label="no end">
            ∞
          </Text>
        ) : (
          <TextInput
            inputMode="numeric"
            autoComplete="off"
            aria-label={`${name} last unit`}
            data-cell={`lastUnit-${place}`}
            value={row.lastUnit}
            onChange={(event) => onChange({ lastUnit: event.currentTarget.value })}
            error={problems[`${at}[up_to]`]}
          />
        )}
      </Table.Td>
      <Table.Td>
        <MoneyInput
          currency={currency}
          aria-label={`${name} per unit`}
          data-cell={`perUnit-${place}`}
          value={row.perUnit}
          onChange={(perUnit) => onChange({ perUnit })}
          error={problems[`${at}[unit_amount]`]}
        />
      </Table.Td>
      <Table.Td>
        <MoneyInput
          currency={currency}
          aria-label={`${name} flat fee`}
          data-cell={`flatFee-${place}`}
          value={row.flatFee}
          onChange={(flatFee) => onChange({ flatFee })}
          error={problems[`${at}[flat_amount]`]}
        />
      </Table.Td>
      <Table.Td>
        <ActionIcon
          variant="subtle"
          color="gray"
          mt={4}
          aria-label={`Remove tier ${place + 1}`}
          disabled={onRemove === undefined}
          onClick={onRemove}
        >
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      </Table.Td>
    </Table.Tr>
  );
}
