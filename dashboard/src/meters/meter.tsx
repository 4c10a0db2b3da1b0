import { Button, Grid, Group, Menu, SegmentedControl, Select, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconDots, IconPencil, IconUpload } from '@tabler/icons-react';
import { lazy, Suspense, useMemo } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { useAction, useGet } from '../api/hooks.ts';
import { CustomerSelect } from '../customers/customer_select.tsx';
import { CopyId } from '../ui/copy_id.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { formatNumber } from '../ui/format.ts';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';
import { AddUsage } from './add_usage.tsx';
import { EventFeed } from './event_feed.tsx';
import { FORMULAS, type Meter } from './meter.ts';
import { TopCustomers } from './top_customers.tsx';
import { UploadCsv } from './upload_csv.tsx';
import { isRange, type Range, RANGES, useUsage } from './usage.ts';

const UsageChart = lazy(() => import('./usage_chart.tsx'));
const CRUMBS = [['Meters', '/meters']] as const;

export function Component() {
  const { id = '' } = useParams();
  const meter = useGet<Meter>(`/v1/usance/meters/${id}`);
  if (meter.error !== null) {
    return (
      <Page title="Meter" crumbs={CRUMBS}>
        <Failure error={meter.error} retry={() => void meter.refetch()} what="This meter" />
      </Page>
    );
  }
  if (meter.data === undefined) {
    return (
      <Page title="Meter" crumbs={CRUMBS}>
        <Skeleton height={340} radius="md" />
      </Page>
    );
  }
  return <MeterPage meter={meter.data} />;
}

function MeterPage({ meter }: { readonly meter: Meter }) {
  const { id, display_name: name, status } = meter;
  return (
    <Page
      title={name}
      crumbs={CRUMBS}
      beside={
        <Group gap="xs">
          <Status of={status} />
          <CopyId id={id} label="meter ID" />
        </Group>
      }
      actions={<Actions meter={meter} />}
    >
      <Usage meter={meter} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <EventFeed meter={meter} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="lg">
            <TopCustomers meter={meter} />
            <Details meter={meter} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Actions({ meter }: { readonly meter: Meter }) {
  const [isAdding, adding] = useDisclosure();
  const [isUploading, uploading] = useDisclosure();
  const isActive = meter.status === 'active';
  const turn = useAction(
    (client) => client.post<Meter>(`/v1/usance/meters/${meter.id}/${isActive ? 'deactivate' : 'reactivate'}`),
    {
      done: isActive ? 'Meter deactivated: its events are refused from now on' : 'Meter active again',
    },
  );
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button rightSection={<IconChevronDown size={14} aria-hidden />} disabled={!isActive}>
            Add usage
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={adding.open}>
            Manually input usage
          </Menu.Item>
          <Menu.Item leftSection={<IconUpload size={16} aria-hidden />} onClick={uploading.open}>
            Upload CSV
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" px="xs" aria-label="More actions">
            <IconDots size={18} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item color={isActive ? 'red' : undefined} onClick={() => turn.mutate(undefined)}>
            {isActive ? 'Deactivate meter' : 'Reactivate meter'}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isAdding && <AddUsage meter={meter} onClose={adding.close} />}
      {isUploading && <UploadCsv meter={meter} onClose={uploading.close} />}
    </>
  );
}

/** The chart: how far back, whose, and by which dimension stand in the address. */
function Usage({ meter }: { readonly meter: Meter }) {
  const [search, setSearch] = useSearchParams();
  const text = search.get('range');
  const range: Range = isRange(text) ? text : '30d';
  const customer = search.get('customer');
  const groupBy = search.get('group_by');
  const set = (name: string, value: string | null) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (value === null) after.delete(name);
        else after.set(name, value);
        return after;
      },
      { replace: true },
    );
  return (
    <Panel
      title="Usage"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Time range"
          data={Object.entries(RANGES).map(([value, { label }]) => ({ value, label }))}
          value={range}
          onChange={(value) => set('range', value)}
        />
      }
    >
      <Stack>
        <Group align="flex-end">
          <CustomerSelect label="Of customer" value={customer} onChange={(value) => set('customer', value)} />
          {meter.dimension_payload_keys.length > 0 && (
            <Select
              label="By dimension"
              placeholder="All together"
              data={[...meter.dimension_payload_keys]}
              value={groupBy}
              onChange={(value) => set('group_by', value)}
              clearable
            />
          )}
        </Group>
        <Chart meter={meter} range={range} customer={customer} groupBy={groupBy} />
      </Stack>
    </Panel>
  );
}

type ChartProps = {
  readonly meter: Meter;
  readonly range: Range;
  readonly customer: string | null;
  readonly groupBy: string | null;
};

function Chart({ meter, range, customer, groupBy }: ChartProps) {
  // The bounds move with the hour or day, not with each second, so that the same question is asked again.
  const now = useMemo(() => Date.now() / 1000, []);
  const { points, error, refetch, isCut } = useUsage(meter, { range, customer, groupBy, now });
  if (error !== null) return <Failure error={error} retry={() => void refetch()} what="The usage" />;
  if (points === undefined) return <Skeleton height={260} />;
  const isEmpty = points.every(({ values }) => Object.values(values).every((value) => value === 0));
  if (isEmpty) {
    return (
      <Text c="dimmed" ta="center" py={90}>
        No usage in the last {RANGES[range].label}.
      </Text>
    );
  }
  return (
    <Suspense fallback={<Skeleton height={260} />}>
      <UsageChart points={points} isHourly={range === '24h'} />
      {isCut && (
        <Text size="xs" c="dimmed">
          Too many values for one chart: only the newest {formatNumber(points.length)} days are shown.
        </Text>
      )}
    </Suspense>
  );
}

function Details({ meter }: { readonly meter: Meter }) {
  const { default_aggregation: aggregation, event_time_window: window } = meter;
  return (
    <Panel title="Details">
      <Facts
        of={[
          ['Event name', <code key="event">{meter.event_name}</code>],
          ['Aggregation method', FORMULAS[aggregation.formula].label],
          ['Event ingestion', window === null ? 'Raw' : `Pre-aggregated by ${window}`],
          ['Dimensions', meter.dimension_payload_keys.length === 0 ? 'None' : meter.dimension_payload_keys.join(', ')],
          ['Customer key', <code key="customer">{meter.customer_mapping.event_payload_key}</code>],
          ['Value key', <code key="value">{meter.value_settings.event_payload_key}</code>],
          ['Created', <When key="created" at={meter.created} />],
        ]}
      />
    </Panel>
  );
}
