import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { formatDate, formatNumber } from '../ui/format.ts';
import type { UsagePoint } from './usage.ts';

type Props = { readonly points: readonly UsagePoint[]; readonly isHourly: boolean };

const COLORS = [
  'indigo.6',
  'teal.6',
  'orange.6',
  'grape.6',
  'cyan.6',
  'pink.6',
  'lime.7',
  'yellow.7',
  'gray.6',
  'red.6',
];

/** Usage as bars, stacked by the values of a dimension where there are several. */
export default function UsageChart({ points, isHourly }: Props) {
  const names = [...new Set(points.flatMap(({ values }) => Object.keys(values)))];
  const data = points.map(({ at, values }) => ({
    time: isHourly ? hourOf(at) : formatDate(at).replace(/, \d+$/, ''),
    ...values,
  }));
  return (
    <BarChart
      h={260}
      data={data}
      dataKey="time"
      type="stacked"
      series={names.map((name, place) => ({ name, color: COLORS[place % COLORS.length] ?? 'gray.6' }))}
      withLegend={names.length > 1}
      valueFormatter={(value) => formatNumber(value)}
      yAxisProps={{ width: 70 }}
      barProps={{ isAnimationActive: false, maxBarSize: 40 }}
    />
  );
}

function hourOf(at: number): string {
  return new Date(at * 1000).toISOString().slice(11, 16);
}
