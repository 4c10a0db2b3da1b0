import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ApiError } from '../api/error.ts';

type Props = { readonly error: ApiError; readonly retry?: () => void; readonly what?: string };

/** Says what could not be shown, why, and what to do. */
export function Failure({ error, retry, what = 'This' }: Props) {
  const isMissing = error.status === 404;
  return (
    <Alert
      color={isMissing ? 'gray' : 'red'}
      variant="light"
      icon={<IconAlertTriangle aria-hidden />}
      title={isMissing ? `${what} does not exist` : `${what} can’t be shown right now`}
      role="alert"
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{error.message}</Text>
        <Group>
          {retry !== undefined && !isMissing && (
            <Button size="xs" variant="default" onClick={retry}>
              Try again
            </Button>
          )}
          {error.requestId !== undefined && (
            <Text size="xs" c="dimmed">
              Request {error.requestId}
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}
