import { Code, Skeleton, Stack } from '@mantine/core';
import { useParams } from 'react-router';
import { useGet } from '../api/hooks.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { When } from '../ui/when.tsx';
import { HttpStatus } from './requests.tsx';
import { readableBody, type RequestLog } from './request_log.ts';

const CRUMBS = [['Request log', '/requests']] as const;

export function Component() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useGet<RequestLog>(`/v1/usance/request_logs/${id}`);
  if (error !== null) {
    return (
      <Page title="Request" crumbs={CRUMBS}>
        <Failure error={error} retry={() => void refetch()} what="This request" />
      </Page>
    );
  }
  if (data === undefined) {
    return (
      <Page title="Request" crumbs={CRUMBS}>
        <Skeleton height={240} radius="md" />
      </Page>
    );
  }
  return (
    <Page title={`${data.method} ${data.path}`} crumbs={CRUMBS} beside={<HttpStatus of={data.status} />}>
      <Stack gap="lg">
        <Panel title="Details">
          <Facts
            of={[
              ['ID', <CopyId key="id" id={data.id} label="request ID" />],
              ['When', <When key="when" at={data.created} as="time" />],
              ['Took', `${data.duration_ms} ms`],
              ['By', data.user ?? 'A secret key'],
              ['Client', data.user_agent],
              ['Idempotency key', data.idempotency_key],
            ]}
          />
        </Panel>
        {data.query !== '' && <Body title="Query" text={data.query} />}
        {data.request_body !== '' && <Body title="Request" text={data.request_body ?? ''} />}
        <Body title="Response" text={data.response_body ?? ''} />
      </Stack>
    </Page>
  );
}

function Body({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <Panel title={title}>
      <Code block mah={480} style={{ overflow: 'auto' }} tabIndex={0}>
        {readableBody(text)}
      </Code>
    </Panel>
  );
}
