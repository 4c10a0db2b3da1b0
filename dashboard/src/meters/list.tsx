import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { usePath } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';
import { FORMULAS, type Meter } from './meter.ts';

const COLUMNS: readonly Column<Meter>[] = [
  { header: 'Name', cell: ({ display_name: name }) => name, value: ({ display_name: name }) => name },
  {
    header: 'Event name',
    cell: ({ event_name: name }) => <code>{name}</code>,
    value: ({ event_name: name }) => name,
    isMinor: true,
  },
  {
    header: 'Aggregation',
    cell: ({ default_aggregation: { formula } }) => FORMULAS[formula].label,
    value: ({ default_aggregation: { formula } }) => formula,
  },
  { header: 'Status', cell: ({ status }) => <Status of={status} />, value: ({ status }) => status },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} label="meter ID" />, value: ({ id }) => id, isMinor: true },
  { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
];

const STATUS = {
  param: 'status',
  label: 'Status',
  options: [
    ['active', 'Active'],
    ['inactive', 'Inactive'],
  ],
} as const;

export function Component() {
  const path = usePath();
  const create = (
    <Button component={Link} to={path('/meters/create')} leftSection={<IconPlus size={16} aria-hidden />}>
      Create meter
    </Button>
  );
  return (
    <Page title="Meters" actions={create}>
      <ResourceList
        path="/v1/usance/meters"
        noun="meters"
        columns={COLUMNS}
        filters={[STATUS]}
        to={({ id }) => `/meters/${id}`}
        empty={
          <Empty
            title="No meters yet"
            action={
              <Button component={Link} to={path('/meters/create')}>
                Create your first meter
              </Button>
            }
            curl={
              <Curl
                path="/v1/billing/meters"
                params={[
                  'display_name=Alpaca AI tokens',
                  'event_name=alpaca_ai_tokens',
                  'default_aggregation[formula]=sum',
                ]}
              />
            }
          >
            A meter says how the events that your system sends become usage: as their sum, their number, or their last
            value.
          </Empty>
        }
      />
    </Page>
  );
}
