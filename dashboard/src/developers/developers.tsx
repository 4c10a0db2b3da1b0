import { Alert, Anchor, Button, Code, CopyButton, Group, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { List } from '../api/client.ts';
import { useAction, useGet } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { DataTable } from '../ui/data_table.tsx';
import { Failure } from '../ui/failure.tsx';
import { FormModal } from '../ui/form_modal.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { When } from '../ui/when.tsx';

type ApiKey = {
  readonly id: string;
  readonly name: string | null;
  readonly redacted: string;
  readonly created: number;
  readonly revoked_at: number | null;
  readonly secret: string | null;
};

const PATH = '/v1/usance/api_keys';

export function Component() {
  const { account } = useSpace();
  const keys = useGet<List<ApiKey>>(PATH);
  const [isCreating, creating] = useDisclosure();
  const [made, setMade] = useState<ApiKey | null>(null);
  const columns: readonly Column<ApiKey>[] = [
    { header: 'Name', cell: ({ name }) => name ?? '—', value: ({ name }) => name },
    { header: 'Key', cell: ({ redacted }) => <Code>{redacted}</Code> },
    { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
    { header: '', align: 'right', cell: (key) => <Revoke apiKey={key} /> },
  ];
  return (
    <Page title="API keys" actions={<Button onClick={creating.open}>Create secret key</Button>}>
      {made?.secret && (
        <Alert color="teal" variant="light" title="Copy this key now: it is shown only once" role="status">
          <Group gap="sm">
            <Code fz="sm">{made.secret}</Code>
            <CopyButton value={made.secret}>
              {({ copied, copy }) => (
                <Button size="xs" variant="default" onClick={copy}>
                  {copied ? 'Copied' : 'Copy key'}
                </Button>
              )}
            </CopyButton>
          </Group>
        </Alert>
      )}
      {keys.error !== null ? (
        <Failure error={keys.error} retry={() => void keys.refetch()} what="The list of keys" />
      ) : (
        <Panel title={account.livemode ? 'Live keys' : 'Test keys'} isFlush>
          <DataTable rows={keys.data?.data} columns={columns} label="API keys" keyOf={({ id }) => id} />
        </Panel>
      )}
      <Connect />
      {isCreating && <CreateKey onClose={creating.close} onMade={setMade} />}
    </Page>
  );
}

function Revoke({ apiKey }: { readonly apiKey: ApiKey }) {
  const [isAsking, asking] = useDisclosure();
  const revoke = useAction((client) => client.post(`${PATH}/${apiKey.id}/revoke`), {
    done: 'Key revoked',
    onDone: asking.close,
  });
  if (apiKey.revoked_at !== null) {
    return (
      <Text size="sm" c="dimmed" span>
        Revoked <When at={apiKey.revoked_at} />
      </Text>
    );
  }
  return (
    <>
      <Button size="xs" variant="subtle" color="red" onClick={asking.open} aria-label={`Revoke ${apiKey.redacted}`}>
        Revoke
      </Button>
      <FormModal
        title="Revoke key"
        submit="Revoke key"
        isDangerous
        opened={isAsking}
        onClose={asking.close}
        onSubmit={() => revoke.mutate(undefined)}
        isPending={revoke.isPending}
      >
        <Text>
          What uses <Code>{apiKey.redacted}</Code> stops working within a second. It can’t be brought back.
        </Text>
      </FormModal>
    </>
  );
}

function CreateKey({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (key: ApiKey) => void }) {
  const [name, setName] = useState('');
  const create = useAction((client) => client.post<ApiKey>(PATH, { name: name.trim() || undefined }), {
    onDone(key) {
      onMade(key);
      onClose();
    },
    isQuiet: true,
  });
  return (
    <FormModal
      title="Create secret key"
      submit="Create key"
      opened
      onClose={onClose}
      onSubmit={() => create.mutate(undefined)}
      isPending={create.isPending}
      error={create.error}
    >
      <TextInput
        label="Name"
        description="What uses it, so that you know later which one to revoke."
        placeholder="Production server"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormModal>
  );
}

/** How a program gets here: the official clients take another address. */
function Connect() {
  const { hostname, port, protocol, origin } = window.location;
  const code = `import Stripe from 'stripe';

const stripe = new Stripe(process.env.USANCE_KEY, {
  host: '${hostname}',
  port: ${port === '' ? (protocol === 'https:' ? '443' : '80') : port},
  protocol: '${protocol.replace(':', '')}',
});`;
  return (
    <Panel title="Connect">
      <Stack gap="sm">
        <Text size="sm">The official Stripe clients work unchanged: give them this address and a key from above.</Text>
        <Code block>{code}</Code>
        <Text size="sm">
          With the{' '}
          <Anchor href="https://docs.stripe.com/stripe-cli" target="_blank" rel="noreferrer">
            Stripe CLI
          </Anchor>
          :
        </Text>
        <Code block>{`stripe customers list --api-base ${origin} --api-key "$USANCE_KEY"`}</Code>
      </Stack>
    </Panel>
  );
}
