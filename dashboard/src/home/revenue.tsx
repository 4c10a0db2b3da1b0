import { Group, SegmentedControl, Select, Skeleton, Stack, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useSearchParams } from 'react-router';
import { Failure } from '../ui/failure.tsx';
import { Money } from '../ui/money.tsx';
import { Panel } from '../ui/panel.tsx';
import { type InvoiceTotal, isRange, type Range, RANGES, stepsOf, useTotals } from './overview.ts';

const RevenueChart = lazy(() => import('./revenue_chart.tsx'));

const HEIGHT = 240;

/** What was invoiced and paid over time, in one currency. Range and currency stand in the address. */
export function Revenue({ now }: { readonly now: number | undefined }) {
  const [search, setSearch] = useSearchParams();
  const text = search.get('range');
  const range: Range = isRange(text) ? text : '30d';
  const totals = useTotals(range, now);
  const currencies = currenciesOf(totals.data?.data ?? []);
  const wanted = search.get('currency');
  const currency = wanted !== null && currencies.includes(wanted) ? wanted : (currencies[0] ?? 'usd');
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
      title="Invoiced and paid"
      actions={
        <>
          {currencies.length > 1 && (
            <Select
              size="xs"
              w={90}
              aria-label="Currency"
              data={currencies.map((value) => ({ value, label: value.toUpperCase() }))}
              value={currency}
              onChange={(value) => set('currency', value)}
              allowDeselect={false}
            />
          )}
          <SegmentedControl
            size="xs"
            aria-label="Time range"
            data={Object.entries(RANGES).map(([value, { label }]) => ({ value, label }))}
            value={range}
            onChange={(value) => set('range', value)}
          />
        </>
      }
    >
      {totals.error !== null ? (
        <Failure error={totals.error} retry={() => void totals.refetch()} what="What was invoiced" />
      ) : totals.data === undefined || now === undefined ? (
        <Skeleton height={HEIGHT + 60} />
      ) : (
        <Sums totals={totals.data.data.filter((one) => one.currency === currency)} {...{ currency, range, now }} />
      )}
    </Panel>
  );
}

/** The currencies of totals, that of most invoices first. */
function currenciesOf(totals: readonly InvoiceTotal[]): string[] {
  const counts = new Map<string, number>();
  for (const { currency, invoiced_count: count } of totals) counts.set(currency, (counts.get(currency) ?? 0) + count);
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([currency]) => currency);
}

type SumsProps = {
  readonly totals: readonly InvoiceTotal[];
  readonly currency: string;
  readonly range: Range;
  readonly now: number;
};

function Sums({ totals, currency, range, now }: SumsProps) {
  const invoiced = totals.reduce((sum, one) => sum + one.invoiced, 0);
  const paid = totals.reduce((sum, one) => sum + one.paid, 0);
  const byStart = new Map(totals.map((one) => [one.start_time, one]));
  const points = stepsOf(range, now).starts.map((at) => ({
    at,
    invoiced: byStart.get(at)?.invoiced ?? 0,
    paid: byStart.get(at)?.paid ?? 0,
  }));
  return (
    <Stack>
      <Group gap="xl">
        <Figure label="Gross invoiced" amount={invoiced} currency={currency} />
        <Figure label="Paid" amount={paid} currency={currency} />
      </Group>
      {totals.length === 0 ? (
        <Text c="dimmed" ta="center" py={80}>
          Nothing was invoiced in the last {RANGES[range].label}.
        </Text>
      ) : (
        <Suspense fallback={<Skeleton height={HEIGHT} />}>
          <RevenueChart points={points} currency={currency} isMonthly={range === '12m'} height={HEIGHT} />
        </Suspense>
      )}
    </Stack>
  );
}

function Figure({
  label,
  amount,
  currency,
}: {
  readonly label: string;
  readonly amount: number;
  readonly currency: string;
}) {
  return (
    <Stack gap={0} role="group" aria-label={label}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Money amount={amount} currency={currency} fz={26} fw={650} />
    </Stack>
  );
}
