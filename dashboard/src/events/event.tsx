import { Anchor, Skeleton, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type Stripe from 'stripe';
import { useGet } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { When } from '../ui/when.tsx';
import { objectPath } from '../ui/object_path.ts';
import { JsonTree } from './json_tree.tsx';
import { eventWords } from './words.ts';

const CRUMBS = [['Events', '/events']] as const;

export function Component() {
  const { id = '' } = useParams();
  const { data: event, error, refetch } = useGet<Stripe.Event>(`/v1/events/${id}`);
  if (error !== null) {
    return (
      <Page title="Event" crumbs={CRUMBS}>
        <Failure error={error} retry={() => void refetch()} what="This event" />
      </Page>
    );
  }
  if (event === undefined) {
    return (
      <Page title="Event" crumbs={CRUMBS}>
        <Skeleton height={320} radius="md" />
      </Page>
    );
  }
  const { object, previous_attributes: previous } = event.data;
  return (
    <Page title={event.type} crumbs={CRUMBS} beside={<CopyId id={id} label="event ID" />}>
      <Text>{eventWords(event)}</Text>
      <Panel title="Details">
        <Facts
          of={[
            ['When', <When key="when" at={event.created} as="time" />],
            ['Object', <ObjectLink key="object" object={object as { id?: string }} />],
            ['Request', <RequestLink key="request" id={event.request?.id ?? null} />],
            ['Idempotency key', event.request?.idempotency_key ?? undefined],
            ['API version', event.api_version],
          ]}
        />
      </Panel>
      {previous !== undefined && (
        <Panel title="Previous attributes">
          <JsonTree label="Previous attributes" of={previous} />
        </Panel>
      )}
      <Panel title="Object as it was then">
        <JsonTree label="Object" of={object} />
      </Panel>
    </Page>
  );
}

function ObjectLink({ object: { id } }: { readonly object: { readonly id?: string } }) {
  const path = usePath();
  if (id === undefined) return <>—</>;
  const page = objectPath(id);
  if (page === undefined) return <CopyId id={id} label="object ID" />;
  return (
    <Anchor component={Link} to={path(page)} inherit>
      {id}
    </Anchor>
  );
}

/** What caused it; nobody's request where its time had come. */
function RequestLink({ id }: { readonly id: string | null }) {
  const path = usePath();
  if (id === null) return <>None: its time had come</>;
  return (
    <Anchor component={Link} to={path(`/requests/${id}`)} inherit>
      {id}
    </Anchor>
  );
}
