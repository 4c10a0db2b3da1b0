import { Button, Loader, Menu, Text } from '@mantine/core';
import { IconCheck, IconChevronDown, IconClockPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { CLOCKS, nameOfClock, type TestClock, useTestClock } from '../clocks/clock.ts';
import { useChooseClock, useClock } from '../clocks/use_clock.ts';
import { usePath } from '../session/space.ts';
import { formatDate } from '../ui/format.ts';

const SHOWN = 20;

/** Whose time one looks at: that of the wall, or of one of the newest simulations. */
export function ClockMenu() {
  const { id } = useClock();
  const choose = useChooseClock();
  const path = usePath();
  const [opened, setOpened] = useState(false);
  const clocks = useGet<List<TestClock>>(CLOCKS, { limit: SHOWN }, { enabled: opened });
  const chosen = useTestClock(id);
  const name = id === null ? 'Real time' : chosen.data === undefined ? id : nameOfClock(chosen.data);
  const mark = (isChosen: boolean) => (isChosen ? <IconCheck size={14} aria-label="shown now" /> : null);
  return (
    <Menu position="bottom-end" width={260} opened={opened} onChange={setOpened}>
      <Menu.Target>
        <Button
          variant={id === null ? 'subtle' : 'light'}
          color={id === null ? 'gray' : 'orange'}
          size="sm"
          px="xs"
          aria-label={`Test clock: ${name}`}
          leftSection={<IconClockPlay size={16} aria-hidden />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
          visibleFrom="xs"
        >
          <Text span size="sm" maw={140} truncate visibleFrom="md">
            {name}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => choose(null)} rightSection={mark(id === null)}>
          Real time
        </Menu.Item>
        <Menu.Label>Simulations</Menu.Label>
        {clocks.isLoading && (
          <Menu.Item disabled>
            <Loader size="xs" aria-label="Loading" />
          </Menu.Item>
        )}
        {clocks.error !== null && <Menu.Item disabled>{clocks.error.message}</Menu.Item>}
        {clocks.data?.data.length === 0 && <Menu.Item disabled>There are none yet.</Menu.Item>}
        {clocks.data?.data.map((clock) => (
          <Menu.Item key={clock.id} onClick={() => choose(clock.id)} rightSection={mark(clock.id === id)}>
            {nameOfClock(clock)}
            <Text size="xs" c="dimmed">
              {formatDate(clock.frozen_time)}
            </Text>
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component={Link} to={path('/clocks')}>
          All test clocks
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
