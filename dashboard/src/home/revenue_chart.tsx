import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { formatMoney } from '../ui/format.ts';

type Props = {
  readonly points: readonly { readonly at: number; readonly invoiced: number; readonly paid: number }[];
  readonly currency: string;
  readonly isMonthly: boolean;
  readonly height: number;
};

const DAY = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });
const MONTH = new Intl.DateTimeFormat('en-US', { month: 'short', year: '2-digit', timeZone: 'UTC' });

/** Bars of smallest units, which are only told as money. */
export default function RevenueChart({ points, currency, isMonthly, height }: Props) {
  const name = (at: number) => (isMonthly ? MONTH : DAY).format(at * 1000);
  return (
    <BarChart
      h={height}
      data={points.map(({ at, invoiced, paid }) => ({ time: name(at), Invoiced: invoiced, Paid: paid }))}
      dataKey="time"
      series={[
        { name: 'Invoiced', color: 'indigo.5' },
        { name: 'Paid', color: 'teal.5' },
      ]}
      withLegend
      legendProps={{ verticalAlign: 'bottom', height: 32 }}
      valueFormatter={(value) => formatMoney(value, currency)}
      yAxisProps={{ tickFormatter: (value: number) => formatMoney(value, currency).replace(/\.\d+$/, ''), width: 70 }}
      xAxisProps={{ minTickGap: 24 }}
      barProps={{ isAnimationActive: false, maxBarSize: 28 }}
      tooltipAnimationDuration={0}
      gridAxis="y"
      tickLine="none"
    />
  );
}
