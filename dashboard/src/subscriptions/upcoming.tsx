import { Anchor, Group, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import type Stripe from 'stripe';
import { usePreview } from '../invoices/preview.ts';
import { usePath } from '../session/space.ts';
import { Failure } from '../ui/failure.tsx';
import { formatDate } from '../ui/format.ts';
import { Money } from '../ui/money.tsx';
import { Panel } from '../ui/panel.tsx';

/** The next invoice as it would be now: how much, and when. */
export function UpcomingInvoice({ subscription }: { readonly subscription: Stripe.Subscription }) {
  const path = usePath();
  const isOver = subscription.ended_at !== null;
  const preview = usePreview(isOver ? null : { subscription: subscription.id });
  const { data, error } = preview;
  if (isOver || error !== null) {
    return (
      <Panel title="Upcoming invoice">
        {error === null || error.code === 'invoice_upcoming_none' ? (
          <Text size="sm" c="dimmed">
            Nothing more will be billed.
          </Text>
        ) : (
          <Failure error={error} retry={() => void preview.refetch()} what="The upcoming invoice" />
        )}
      </Panel>
    );
  }
  return (
    <Panel title="Upcoming invoice">
      {data === undefined ? (
        <Skeleton h={56} />
      ) : (
        <Group justify="space-between" align="flex-end">
          <Stack gap={0}>
            <Text size="xl" fw={650}>
              <Money amount={data.amount_due} currency={data.currency} />
            </Text>
            <Text size="sm" c="dimmed">
              {`To be billed on ${formatDate(data.created)}, as it stands now`}
            </Text>
          </Stack>
          <Anchor component={Link} to={path(`/subscriptions/${subscription.id}/upcoming`)}>
            View full invoice
          </Anchor>
        </Group>
      )}
    </Panel>
  );
}
