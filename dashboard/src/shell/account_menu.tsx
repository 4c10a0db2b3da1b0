import { Badge, Button, Menu, Text, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconChevronDown, IconLogout } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import type { ApiError } from '../api/error.ts';
import { logOut } from '../session/session.ts';
import { nameOf, useSpace } from '../session/space.ts';
import { notifyFailure } from '../ui/notify.tsx';

/** Which account one looks at, the others, and the way out. */
export function AccountMenu() {
  const { account, session } = useSpace();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const leave = async () => {
    try {
      await logOut();
      queries.clear();
      void navigate('/login', { replace: true });
    } catch (error) {
      notifyFailure(error as ApiError);
    }
  };
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button variant="default" size="sm" rightSection={<IconChevronDown size={14} aria-hidden />}>
          <VisuallyHidden>Account: </VisuallyHidden>
          <Mode isLive={account.livemode} />
          <Text span size="sm" ml={8} visibleFrom="xs">
            {account.name}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{session.user.email}</Menu.Label>
        {session.accounts.map((other) => (
          <Menu.Item
            key={other.id}
            component={Link}
            to={`/${nameOf(session.accounts, other)}`}
            leftSection={<Mode isLive={other.livemode} />}
            rightSection={other.id === account.id ? <IconCheck size={14} aria-label="shown now" /> : null}
          >
            {other.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void leave()}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Mode({ isLive }: { readonly isLive: boolean }) {
  return (
    <Badge size="sm" radius="sm" variant="light" color={isLive ? 'teal' : 'orange'} tt="none">
      {isLive ? 'Live' : 'Test'}
    </Badge>
  );
}
