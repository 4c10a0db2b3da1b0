import { Box, Card, Group, Title } from '@mantine/core';
import type { ReactNode } from 'react';

type Props = {
  readonly title?: string;
  readonly actions?: ReactNode;
  /** True where what is in it reaches the edges, as a table does. */
  readonly isFlush?: boolean;
  readonly children: ReactNode;
};

/** A part of a page. */
export function Panel({ title, actions, isFlush = false, children }: Props) {
  return (
    <Card withBorder radius="md" padding={0} component="section" aria-label={title}>
      {title !== undefined && (
        <Group justify="space-between" px="md" pt="md" pb={isFlush ? 'sm' : 0}>
          <Title order={2} size="h4">
            {title}
          </Title>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
      )}
      <Box p={isFlush ? 0 : 'md'}>{children}</Box>
    </Card>
  );
}
