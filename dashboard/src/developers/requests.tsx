import { Badge, Code } from '@mantine/core';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { When } from '../ui/when.tsx';
import type { RequestLog } from './request_log.ts';

const COLUMNS: readonly Column<RequestLog>[] = [
  {
    header: 'Request',
    cell: ({ method, path }) => (
      <Code>
        {method} {path}
      </Code>
    ),
    value: ({ method, path }) => `${method} ${path}`,
  },
  { header: 'Status', cell: ({ status }) => <HttpStatus of={status} />, value: ({ status }) => status },
  {
    header: 'Took',
    align: 'right',
    cell: ({ duration_ms: ms }) => `${ms} ms`,
    value: ({ duration_ms: ms }) => ms,
    isMinor: true,
  },
  { header: 'By', cell: ({ user }) => user ?? 'Secret key', value: ({ user }) => user ?? 'key', isMinor: true },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} label="request ID" />, value: ({ id }) => id, isMinor: true },
  { header: 'When', cell: ({ created }) => <When at={created} />, value: ({ created }) => created },
];

export function HttpStatus({ of }: { readonly of: number }) {
  const color = of < 400 ? 'teal' : of < 500 ? 'orange' : 'red';
  return (
    <Badge color={color} variant="light" radius="sm">
      {of}
    </Badge>
  );
}

const FILTERS = [
  {
    param: 'status',
    label: 'Outcome',
    options: [
      ['succeeded', 'Succeeded'],
      ['failed', 'Failed'],
    ],
  },
  {
    param: 'method',
    label: 'Method',
    options: [
      ['POST', 'POST'],
      ['DELETE', 'DELETE'],
      ['GET', 'GET'],
    ],
  },
] as const;

export function Component() {
  return (
    <Page title="Request log">
      <ResourceList
        path="/v1/usance/request_logs"
        noun="requests"
        columns={COLUMNS}
        filters={FILTERS}
        to={({ id }) => `/requests/${id}`}
        empty={
          <Empty title="No requests yet" curl={<Curl path="/v1/customers" params={['name=Jenny Rosen']} />}>
            Every change and every failed request is kept here for a week, with what was sent and what was answered.
          </Empty>
        }
      />
    </Page>
  );
}
