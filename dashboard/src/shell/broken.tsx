import { Button, Center, Stack, Text, Title } from '@mantine/core';
import { Link, useRouteError } from 'react-router';
import { usePath } from '../session/space.ts';
import { Empty } from '../ui/empty.tsx';

/** What stands where a page failed: our mistake, or files of a version that the server has replaced. */
export function Broken({ isInside = false }: { readonly isInside?: boolean }) {
  const error = useRouteError() as Error | undefined;
  return (
    <Center mih={isInside ? 300 : '100vh'} p="md">
      <Stack maw={520} align="flex-start" role="alert">
        <Title order={1} size="h3">
          This page failed
        </Title>
        <Text>Loading it again helps where the server has been updated since. Nothing that you did is lost.</Text>
        <Text size="sm" c="dimmed">
          {error?.message}
        </Text>
        <Button onClick={() => window.location.reload()}>Load again</Button>
      </Stack>
    </Center>
  );
}

/** An address that no page has. */
export function Missing() {
  const path = usePath();
  return (
    <Empty
      title="There is no such page"
      action={
        <Button component={Link} to={path('')}>
          Go to Home
        </Button>
      }
    >
      The address may be mistyped, or be one of a page that is not served yet.
    </Empty>
  );
}
