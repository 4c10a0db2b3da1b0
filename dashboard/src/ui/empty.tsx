import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './ui.module.css';

type Props = {
  readonly title: string;
  /** What to do next. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
  /** The command that does it. */
  readonly curl?: ReactNode;
};

/** What stands where nothing is yet. */
export function Empty({ title, children, action, curl }: Props) {
  return (
    <Stack className={classes.empty} gap="sm" align="center">
      <Title order={2} size="h4" ta="center">
        {title}
      </Title>
      <Text c="dimmed" maw={520} ta="center">
        {children}
      </Text>
      {action}
      {curl}
    </Stack>
  );
}
