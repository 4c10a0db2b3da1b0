import { Alert, Button, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { useGet } from '../api/hooks.ts';
import { formatDate, formatNumber } from '../ui/format.ts';
import { UsageChart } from '../ui/usage_chart.tsx';
import { EventsOfDay } from './events_of_day.tsx';
import { type DayOfUsage, type ExplainedUsage, sumByDay } from './explained.ts';

const FIRST_DAYS = 10;

const FORMULAS: Readonly<Record<string, string>> = {
  sum: 'the sum of their values',
  count: 'their number',
  last: 'the last of their values',
  max: 'the largest of their values',
  min: 'the smallest of their values',
  average: 'the average of their values',
  unique_count: 'how many different values there are',
};

/** The usage that a charge is for: by day, with the events of each. */
export function UsageOfCharge({ usage }: { readonly usage: ExplainedUsage }) {
  const meter = useGet<{ readonly display_name: string }>(`/v1/usance/meters/${usage.meter}`);
  const [isWhole, setWhole] = useState(false);
  const [day, setDay] = useState<DayOfUsage | null>(null);
  const { by_day: days, period, quantity } = usage;
  const shown = isWhole ? days : days.slice(0, FIRST_DAYS);
  return (
    <Stack gap="xs">
      <Text size="sm">
        <b>{formatNumber(quantity)}</b> used of {meter.data?.display_name ?? 'the meter'} from{' '}
        {formatDate(period.start)} to {formatDate(period.end)}: of all its events,{' '}
        {FORMULAS[usage.formula] ?? usage.formula}.
      </Text>
      <Remarks usage={usage} />
      {days.length > 0 && (
        <>
          <UsageChart days={sumByDay(days)} height={140} label={`Usage by day: ${formatNumber(quantity)} in all`} />
          <DaysTable days={shown} onOpen={setDay} />
          {shown.length < days.length && (
            <Button
              variant="subtle"
              size="xs"
              onClick={() => setWhole(true)}
              style={{ alignSelf: 'flex-start' }}
            >{`Show all ${days.length} rows`}</Button>
          )}
        </>
      )}
      {day !== null && <EventsOfDay usage={usage} day={day} onClose={() => setDay(null)} />}
    </Stack>
  );
}

function Remarks({ usage }: { readonly usage: ExplainedUsage }) {
  const { quantity_billed_before: before, quantity_not_billed: rest, events_archived: isArchived } = usage;
  return (
    <>
      {before !== '0' && (
        <Text size="sm" c="dimmed">{`${formatNumber(before)} of it was billed before, by other invoices.`}</Text>
      )}
      {rest !== '0' && (
        <Alert color="orange" variant="light">
          {`${formatNumber(rest)} of it came, or was corrected, after this invoice was computed: it is not on it.`}
        </Alert>
      )}
      {isArchived && (
        <Alert color="gray" variant="light">
          Events of this time were exported and dropped: they can’t be added up any more.
        </Alert>
      )}
    </>
  );
}

type DaysProps = { readonly days: readonly DayOfUsage[]; readonly onOpen: (day: DayOfUsage) => void };

function DaysTable({ days, onOpen }: DaysProps) {
  const hasDimensions = days.some(({ dimensions }) => Object.keys(dimensions).length > 0);
  return (
    <Table.ScrollContainer minWidth={280}>
      <Table aria-label="Usage by day" verticalSpacing={4} horizontalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Day</Table.Th>
            {hasDimensions && <Table.Th>Dimensions</Table.Th>}
            <Table.Th ta="right">Events</Table.Th>
            <Table.Th ta="right">Usage</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {days.map((day) => (
            <Table.Tr key={day.day + dimensionWords(day)}>
              <Table.Td>{formatDate(Date.parse(`${day.day}T00:00:00Z`) / 1000)}</Table.Td>
              {hasDimensions && <Table.Td>{dimensionWords(day)}</Table.Td>}
              <Table.Td ta="right">
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-label={`Show the ${day.event_count} events of ${day.day} ${dimensionWords(day)}`.trim()}
                  onClick={() => onOpen(day)}
                >
                  {formatNumber(day.event_count)}
                </Button>
              </Table.Td>
              <Table.Td ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
                {formatNumber(day.quantity)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

export function dimensionWords({ dimensions }: Pick<DayOfUsage, 'dimensions'>): string {
  return Object.entries(dimensions)
    .map(([key, value]) => `${key} ${value === '' ? '(empty)' : value}`)
    .join(', ');
}
