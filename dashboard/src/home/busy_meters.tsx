import { Group, Skeleton, Stack, Text } from '@mantine/core';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import type { Meter, UsageSummary } from '../meters/meter.ts';
import { boundsOf } from '../meters/usage.ts';
import { Failure } from '../ui/failure.tsx';
import { formatDate, formatNumber } from '../ui/format.ts';
import { Go } from '../ui/go.tsx';
import { Panel } from '../ui/panel.tsx';
import classes from './home.module.css';

const SHOWN = 4;
const DAYS = 7;
const DAY = 86_400;

/** What was used lately, by day, of the meters that are used. */
export function BusyMeters({ now }: { readonly now: number }) {
  const meters = useGet<List<Meter>>('/v1/usance/meters', { status: 'active', limit: SHOWN });
  return (
    <Panel title="Usage, last 7 days">
      {meters.error !== null ? (
        <Failure error={meters.error} retry={() => void meters.refetch()} what="The usage" />
      ) : meters.data === undefined ? (
        <Skeleton height={120} />
      ) : meters.data.data.length === 0 ? (
        <Text size="sm" c="dimmed">
          No meters yet.{' '}
          <Go isInText to="/meters/create">
            Create a meter
          </Go>{' '}
          to count usage.
        </Text>
      ) : (
        <Stack gap="md">
          {meters.data.data.map((meter) => (
            <MeterUsage key={meter.id} meter={meter} now={now} />
          ))}
          {meters.data.has_more && (
            <Text size="sm">
              <Go to="/meters">All meters</Go>
            </Text>
          )}
        </Stack>
      )}
    </Panel>
  );
}

function MeterUsage({ meter, now }: { readonly meter: Meter; readonly now: number }) {
  const { start, end } = boundsOf('7d', now);
  const { data, error } = useGet<List<UsageSummary>>(`/v1/usance/meters/${meter.id}/summaries`, {
    start_time: start,
    end_time: end,
    value_grouping_window: 'day',
  });
  const byDay = new Map(data?.data.map((one) => [one.start_time, one.aggregated_value]));
  const days = Array.from({ length: DAYS }, (_, place) => {
    const at = start + place * DAY;
    return { at, value: byDay.get(at) ?? '0' };
  });
  const last = days.at(-1);
  return (
    <Group justify="space-between" wrap="nowrap" align="flex-end">
      <Stack gap={0} miw={0}>
        <Text size="sm" fw={600} truncate>
          <Go to={`/meters/${meter.id}`}>{meter.display_name}</Go>
        </Text>
        <Text size="sm" c="dimmed">
          {error === null ? `${formatNumber(last?.value ?? '0')} today` : error.message}
        </Text>
      </Stack>
      <Bars days={days} />
    </Group>
  );
}

type Day = { readonly at: number; readonly value: string };

/** Bars whose heights are only looked at; what they show is told by their label. */
function Bars({ days }: { readonly days: readonly Day[] }) {
  const most = Math.max(...days.map(({ value }) => Number(value)), 0);
  const label = days.map(({ at, value }) => `${formatDate(at)}: ${formatNumber(value)}`).join('; ');
  return (
    <div className={classes.bars} role="img" aria-label={label} title={label.replaceAll('; ', '\n')}>
      {days.map(({ at, value }) => (
        <span key={at} style={{ height: `${most === 0 ? 4 : Math.max(4, (Number(value) / most) * 100)}%` }} />
      ))}
    </div>
  );
}
