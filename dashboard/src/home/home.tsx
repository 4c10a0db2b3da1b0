import { Grid, Stack } from '@mantine/core';
import { useMemo } from 'react';
import { useClock } from '../clocks/use_clock.ts';
import { invoiceColumns } from '../invoices/columns.tsx';
import { Failure } from '../ui/failure.tsx';
import { Page } from '../ui/page.tsx';
import { ShortList } from '../ui/short_list.tsx';
import { Attention } from './attention.tsx';
import { BusyMeters } from './busy_meters.tsx';
import { Figures } from './figures.tsx';
import { FirstSteps } from './first_steps.tsx';
import { useOverview } from './overview.ts';
import { Revenue } from './revenue.tsx';

const INVOICES = invoiceColumns({ withCustomer: true }).filter(({ header }) => header !== 'Due');

/** Money and usage at a glance, and what to do next. */
export function Component() {
  const clock = useClock();
  const overview = useOverview();
  const wallTime = useMemo(() => Date.now() / 1000, []);
  // What time it is on a clock is known with the overview; else nothing waits for it.
  const now = clock.id === null ? wallTime : overview.data?.time;
  return (
    <Page title="Home">
      <FirstSteps />
      {overview.error !== null ? (
        <Failure error={overview.error} retry={() => void overview.refetch()} what="The overview" />
      ) : (
        <Figures overview={overview.data} />
      )}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="lg">
            <Revenue now={now} />
            <ShortList
              title="Newest invoices"
              path={clock.invoices}
              params={clock.params}
              columns={INVOICES}
              to={({ id }) => `/invoices/${id}`}
              all="/invoices"
              empty="None yet: subscriptions make invoices when their periods begin and end."
            />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="lg">
            <Attention overview={overview.data} />
            <BusyMeters now={now ?? wallTime} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}
