import { Box, Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';

export type UsageDay = {
  /** The start of the day, in unix seconds. */
  readonly day: number;
  /** Exact, as the API tells it. */
  readonly quantity: string;
};

const Body = lazy(() => import('./usage_chart_body.tsx'));

type Props = { readonly days: readonly UsageDay[]; readonly label: string; readonly height?: number };

/** Usage by day as bars. What they show also stands beside it as numbers, or is told by its label. */
export function UsageChart({ days, label, height = 160 }: Props) {
  return (
    <Box role="img" aria-label={label} h={height}>
      <Suspense fallback={<Skeleton h={height} />}>
        <Body days={days} height={height} />
      </Suspense>
    </Box>
  );
}
