import { Table } from '@mantine/core';
import type Stripe from 'stripe';
import { useGet } from '../api/hooks.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { formatDate } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import { idOf } from '../ui/id_of.ts';
import { Status } from '../ui/status.tsx';

/** What is planned for a subscription, phase by phase. */
export function Schedule({ id }: { readonly id: string }) {
  const { data } = useGet<Stripe.SubscriptionSchedule>(`/v1/subscription_schedules/${id}`);
  if (data === undefined) return null;
  return (
    <Panel title="Schedule" isFlush actions={<Status of={data.status} />}>
      <Table horizontalSpacing="md" aria-label="Phases">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Phase</Table.Th>
            <Table.Th>Items</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.phases.map((phase) => (
            <Table.Tr key={phase.start_date}>
              <Table.Td>{`${formatDate(phase.start_date)} – ${formatDate(phase.end_date)}`}</Table.Td>
              <Table.Td>
                {phase.items.map((item) => (
                  <CopyId key={idOf(item.price)} id={idOf(item.price) ?? ''} label="price ID" />
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}
