import { Anchor, Button, Skeleton, Switch, Text, Timeline as Line } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import type { ApiError } from '../api/error.ts';
import { useClient } from '../api/hooks.ts';
import { eventWords } from '../events/words.ts';
import { usePath, useSpace } from '../session/space.ts';
import { Failure } from '../ui/failure.tsx';
import { formatTime } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import { objectPath } from '../ui/object_path.ts';
import type { TestClock } from './clock.ts';

const PAGE_SIZE = 30;
const ADVANCING_MS = 1_000;

/** What tells how something changed, and not that something happened. */
const QUIET =
  /\.updated$|^payment_intent\.|^charge\.|^invoice_payment\.|^invoice\.payment_succeeded$|^payment_method\./;

type Page = List<Stripe.Event>;

/** What happened on a clock, newest first, in its time. */
export function Timeline({ clock }: { readonly clock: TestClock }) {
  const client = useClient();
  const { account } = useSpace();
  const [isWhole, setWhole] = useState(false);
  const address = `/v1/usance/test_clocks/${clock.id}/events`;
  const found = useInfiniteQuery<Page, ApiError, Stripe.Event[], string[], string | undefined>({
    queryKey: [account.id, address, 'timeline'],
    queryFn: ({ pageParam, signal }) =>
      client.get<Page>(address, { limit: PAGE_SIZE, starting_after: pageParam }, signal),
    initialPageParam: undefined,
    getNextPageParam: ({ has_more: more, data }) => (more ? data.at(-1)?.id : undefined),
    select: ({ pages }) => pages.flatMap(({ data }) => data),
    refetchInterval: clock.status === 'advancing' ? ADVANCING_MS : false,
  });
  const events = found.data?.filter(({ type }) => isWhole || !QUIET.test(type));
  return (
    <Panel
      title="Timeline"
      actions={
        <Switch
          size="xs"
          label="All events"
          checked={isWhole}
          onChange={(event) => setWhole(event.currentTarget.checked)}
        />
      }
    >
      {found.error !== null ? (
        <Failure error={found.error} retry={() => void found.refetch()} what="The timeline" />
      ) : events === undefined ? (
        <Skeleton height={200} />
      ) : (
        <Line bulletSize={10} lineWidth={2} active={-1} role="list" aria-label="What happened">
          {events.map((event) => (
            <Line.Item key={event.id} role="listitem">
              <What event={event} />
              <Text size="xs" c="dimmed">
                {formatTime(event.created)}
              </Text>
            </Line.Item>
          ))}
        </Line>
      )}
      {found.hasNextPage && (
        <Button
          mt="sm"
          size="xs"
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          Show earlier
        </Button>
      )}
    </Panel>
  );
}

function What({ event }: { readonly event: Stripe.Event }) {
  const path = usePath();
  const { id = '' } = event.data.object as { id?: string };
  const page = id.startsWith('clock_') ? undefined : objectPath(id);
  if (page === undefined) return <Text size="sm">{eventWords(event)}</Text>;
  return (
    <Anchor component={Link} to={path(page)} size="sm">
      {eventWords(event)}
    </Anchor>
  );
}
