import '@mantine/charts/styles.css';
import { AreaChart } from '@mantine/charts';
import { Paper, Text } from '@mantine/core';
import type { CurvePoint } from './curve.ts';
import { shortMoney } from '../ui/format.ts';

type Props = { readonly points: readonly CurvePoint[]; readonly currency: string; readonly height: number };

const SHORT = new Intl.NumberFormat('en-US', { notation: 'compact' });

/** The total cost over usage. Positions are floats, what is read is not. */
export default function CurveChart({ points, currency, height }: Props) {
  return (
    <AreaChart
      h={height}
      data={[...points]}
      dataKey="units"
      series={[{ name: 'cost', label: 'Total cost', color: 'indigo.5' }]}
      curveType="linear"
      withDots={false}
      gridAxis="x"
      tickLine="none"
      fillOpacity={0.15}
      areaProps={{ isAnimationActive: false }}
      xAxisProps={{
        type: 'number',
        domain: [0, 'dataMax'],
        tickFormatter: (units: number) => SHORT.format(units),
        minTickGap: 24,
      }}
      yAxisProps={{ tickFormatter: (cost: number) => shortMoney(cost, currency), width: 56 }}
      tooltipAnimationDuration={0}
      tooltipProps={{
        content: ({ payload }) => <Said point={payload?.[0]?.payload as CurvePoint | undefined} />,
      }}
    />
  );
}

function Said({ point }: { readonly point: CurvePoint | undefined }) {
  if (point === undefined) return null;
  return (
    <Paper px="sm" py={6} withBorder shadow="sm">
      <Text size="sm" c="dimmed">
        {point.unitsText} units
      </Text>
      <Text size="sm" fw={600}>
        {point.costText}
      </Text>
    </Paper>
  );
}
