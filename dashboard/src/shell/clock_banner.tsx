import { Alert, Anchor, Button, Group, Loader, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconClockPlay } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { nameOfClock, useTestClock } from '../clocks/clock.ts';
import { useChooseClock } from '../clocks/use_clock.ts';
import { usePath } from '../session/space.ts';
import { formatTime } from '../ui/format.ts';
import { Status } from '../ui/status.tsx';

const AdvanceTime = lazy(() => import('../clocks/advance_time.tsx'));

/** Says on every page that one looks at a simulation, what time it is there, and how to go on or away. */
export function ClockBanner({ id }: { readonly id: string }) {
  const { data: clock, error } = useTestClock(id);
  const choose = useChooseClock();
  const path = usePath();
  const [opened, { open, close }] = useDisclosure();
  return (
    <Alert color="orange" variant="light" py="xs" mb="lg" icon={<IconClockPlay aria-hidden />} aria-label="Test clock">
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          {error !== null ? (
            <Text size="sm">{error.status === 404 ? 'This test clock does not exist any more.' : error.message}</Text>
          ) : clock === undefined ? (
            <Loader size="xs" aria-label="Loading" />
          ) : (
            <>
              <Anchor component={Link} to={path(`/clocks/${id}`)} size="sm" fw={600} c="inherit" underline="always">
                {nameOfClock(clock)}
              </Anchor>
              <Text size="sm" aria-live="polite">
                {formatTime(clock.frozen_time)}
              </Text>
              <Status of={clock.status} />
            </>
          )}
        </Group>
        <Group gap="xs">
          {clock?.status === 'ready' && (
            <Button size="compact-sm" variant="default" onClick={open}>
              Advance time
            </Button>
          )}
          <Button size="compact-sm" variant="default" onClick={() => choose(null)}>
            Leave
          </Button>
        </Group>
      </Group>
      <Suspense>{opened && clock !== undefined && <AdvanceTime clock={clock} onClose={close} />}</Suspense>
    </Alert>
  );
}
