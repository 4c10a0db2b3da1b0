import { Box, Skeleton } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
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
  const { ref, width } = useElementSize();
  return (
    <Box ref={ref} role="img" aria-label={label} h={height}>
      {/* What is still folded has no width to draw in. */}
      {width > 0 && (
        <Suspense fallback={<Skeleton h={height} />}>
          <Body days={days} height={height} />
        </Suspense>
      )}
    </Box>
  );
}
