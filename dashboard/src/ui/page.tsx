import { Anchor, Breadcrumbs, Group, Stack, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'react-router';
import { usePath } from '../session/space.ts';
import { useRecent } from './recent.ts';

type Props = {
  readonly title: ReactNode;
  /** What the browser's tab says, where the title is no text. */
  readonly tab?: string;
  /** Where the page belongs: names and addresses within the account. */
  readonly crumbs?: readonly (readonly [string, string])[];
  /** Beside the title, as a status or an id. */
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
};

/** The frame of a page: where it is, what it is called, what can be done. */
export function Page({ title, tab, crumbs = [], beside, actions, children }: Props) {
  const path = usePath();
  const text = tab ?? (typeof title === 'string' ? title : 'Usance');
  useRecent(text, crumbs.length > 0);
  useEffect(() => {
    document.title = `${text} · Usance`;
  }, [text]);
  return (
    <Stack gap="lg" maw={1180} mx="auto" w="100%">
      <Stack gap={6}>
        {crumbs.length > 0 && (
          <Breadcrumbs separator="›" aria-label="Breadcrumb">
            {crumbs.map(([label, to]) => (
              <Anchor key={to} component={Link} to={path(to)} size="sm">
                {label}
              </Anchor>
            ))}
          </Breadcrumbs>
        )}
        <Group justify="space-between" align="flex-start" gap="sm">
          <Group gap="sm" align="center">
            <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {beside}
          </Group>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
      </Stack>
      {children}
    </Stack>
  );
}
