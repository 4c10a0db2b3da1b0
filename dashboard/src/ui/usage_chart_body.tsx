import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import type { UsageDay } from './usage_chart.tsx';
import { formatNumber } from './format.ts';

const DAY = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });
const SHORT = new Intl.NumberFormat('en-US', { notation: 'compact' });

/** The chunk of charts. Heights of bars are floats, what is read is not. */
export default function Body({ days, height }: { readonly days: readonly UsageDay[]; readonly height: number }) {
  return (
    <BarChart
      h={height}
      data={days.map(({ day, quantity }) => ({ day: DAY.format(day * 1000), Usage: Number(quantity) }))}
      dataKey="day"
      series={[{ name: 'Usage', color: 'indigo.5' }]}
      valueFormatter={(value) => formatNumber(value)}
      yAxisProps={{ tickFormatter: (value: number) => SHORT.format(value), width: 44, tickCount: 3 }}
      xAxisProps={{ minTickGap: 24 }}
      barProps={{ isAnimationActive: false, maxBarSize: 28 }}
      tooltipAnimationDuration={0}
      gridAxis="x"
      tickLine="none"
    />
  );
}
