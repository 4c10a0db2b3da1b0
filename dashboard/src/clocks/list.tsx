import { Button, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';
import { CLOCKS, nameOfClock, type TestClock } from './clock.ts';

const NewSimulation = lazy(() => import('./new_simulation.tsx'));

const COLUMNS: readonly Column<TestClock>[] = [
  { header: 'Name', cell: nameOfClock, value: ({ name }) => name },
  {
    header: 'Its time',
    cell: ({ frozen_time: at }) => <When at={at} as="time" />,
    value: ({ frozen_time: at }) => at,
  },
  { header: 'Status', cell: ({ status }) => <Status of={status} />, value: ({ status }) => status },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} label="test clock ID" />, value: ({ id }) => id, isMinor: true },
  { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
  {
    header: 'Deleted by itself',
    cell: ({ deletes_after: at }) => <When at={at} as="date" />,
    value: ({ deletes_after: at }) => at,
    isMinor: true,
  },
];

export function Component() {
  const [opened, { open, close }] = useDisclosure();
  return (
    <Page
      title="Test clocks"
      actions={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
          New simulation
        </Button>
      }
    >
      <ResourceList
        path={CLOCKS}
        noun="test clocks"
        columns={COLUMNS}
        to={({ id }) => `/clocks/${id}?clock=${id}`}
        empty={
          <Empty
            title="No simulations yet"
            action={<Button onClick={open}>Start your first simulation</Button>}
            curl={<Curl path={CLOCKS} params={['name=Annual renewal', 'frozen_time=1767225600']} />}
          >
            A simulation has a time of its own: put customers on its clock, let months pass in seconds, and see what
            they are billed.
          </Empty>
        }
      />
      <Suspense fallback={<Skeleton height={0} />}>{opened && <NewSimulation onClose={close} />}</Suspense>
    </Page>
  );
}
