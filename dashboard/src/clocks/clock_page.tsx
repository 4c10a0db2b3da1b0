import { Alert, Button, Grid, Group, Progress, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlayerTrackNext } from '@tabler/icons-react';
import { lazy, Suspense, useEffect } from 'react';
import { useParams } from 'react-router';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { AddCustomer } from '../customers/add_customer.tsx';
import { CopyId } from '../ui/copy_id.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { formatTime } from '../ui/format.ts';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';
import { nameOfClock, type TestClock, useTestClock } from './clock.ts';
import { FinishSimulation } from './finish_simulation.tsx';
import { ClockCustomers, ClockInvoices, ClockSubscriptions } from './on_clock.tsx';
import { Timeline } from './timeline.tsx';
import { useChooseClock, useClock } from './use_clock.ts';

const AdvanceTime = lazy(() => import('./advance_time.tsx'));
const CRUMBS = [['Test clocks', '/clocks']] as const;

export function Component() {
  const { id = '' } = useParams();
  const clock = useTestClock(id);
  const looked = useClock();
  const choose = useChooseClock();
  // Whoever opens a simulation looks at its customers and invoices from then on.
  const mustChoose = clock.data !== undefined && looked.id !== id;
  useEffect(() => {
    if (mustChoose) choose(id, { replace: true });
    // Once a page: whoever then leaves the clock leaves its page as well.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [mustChoose, id]);
  if (clock.error !== null) {
    return (
      <Page title="Test clock" crumbs={CRUMBS}>
        <Failure error={clock.error} retry={() => void clock.refetch()} what="This simulation" />
      </Page>
    );
  }
  if (clock.data === undefined) {
    return (
      <Page title="Test clock" crumbs={CRUMBS}>
        <Skeleton height={320} radius="md" />
      </Page>
    );
  }
  return <ClockPage clock={clock.data} />;
}

function ClockPage({ clock }: { readonly clock: TestClock }) {
  const [isAdvancing, advancing] = useDisclosure();
  const [isFinishing, finishing] = useDisclosure();
  const [isAdding, adding] = useDisclosure();
  const isReady = clock.status === 'ready';
  return (
    <Page
      title={nameOfClock(clock)}
      crumbs={CRUMBS}
      beside={
        <Group gap="xs">
          <Status of={clock.status} />
          <CopyId id={clock.id} label="test clock ID" />
        </Group>
      }
      actions={
        <>
          <Button
            leftSection={<IconPlayerTrackNext size={16} aria-hidden />}
            onClick={advancing.open}
            disabled={!isReady}
          >
            Advance time
          </Button>
          <Button variant="default" onClick={adding.open} disabled={!isReady}>
            Add customer
          </Button>
          <Button variant="default" onClick={finishing.open}>
            Finish simulation
          </Button>
        </>
      }
    >
      <Standing clock={clock} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="lg">
            <ClockCustomers id={clock.id} onAdd={adding.open} />
            <ClockSubscriptions id={clock.id} />
            <ClockInvoices id={clock.id} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="lg">
            <Panel title="Details">
              <Facts
                of={[
                  ['Its time', formatTime(clock.frozen_time)],
                  ['Created', <When key="created" at={clock.created} />],
                  ['Deleted by itself', <When key="deleted" at={clock.deletes_after} as="date" />],
                ]}
              />
            </Panel>
            <Timeline clock={clock} />
          </Stack>
        </Grid.Col>
      </Grid>
      <Suspense>{isAdvancing && <AdvanceTime clock={clock} onClose={advancing.close} />}</Suspense>
      {isFinishing && <FinishSimulation clock={clock} onClose={finishing.close} />}
      <AddCustomer opened={isAdding} onClose={adding.close} />
    </Page>
  );
}

/** How far a clock on its way has come, or that it has broken down. */
function Standing({ clock }: { readonly clock: TestClock }) {
  const { data } = useGet<List<{ created: number }>>(
    `/v1/usance/test_clocks/${clock.id}/events`,
    { limit: 1 },
    { refetchInterval: clock.status === 'advancing' ? 1_000 : false },
  );
  if (clock.status === 'internal_failure') {
    return (
      <Alert color="red" variant="light" title="This clock has failed" role="alert">
        It can’t be advanced any more. The server’s log tells why. Finish the simulation and start anew.
      </Alert>
    );
  }
  const target = clock.status_details.advancing?.target_frozen_time;
  if (target === undefined) return null;
  const reached = Math.max(clock.frozen_time, data?.data[0]?.created ?? 0);
  return (
    <Panel>
      <Stack gap="xs">
        <Text size="sm" aria-live="polite">
          Advancing to {formatTime(target)}: it is {formatTime(reached)}.
        </Text>
        <Progress value={100} animated aria-label="Advancing" />
      </Stack>
    </Panel>
  );
}
