import { AppShell, Burger, Container, Group, NavLink, ScrollArea, Skeleton, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Suspense } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import type { Section } from '../section.ts';
import { SECTIONS } from '../sections.ts';
import { useClock } from '../clocks/use_clock.ts';
import { usePath, useSpace } from '../session/space.ts';
import { AccountMenu } from './account_menu.tsx';
import { ClockBanner } from './clock_banner.tsx';
import { ClockMenu } from './clock_menu.tsx';
import { Logo } from './logo.tsx';
import { SearchButton } from './search_button.tsx';
import { ThemeSwitch } from './theme_switch.tsx';
import classes from './shell.module.css';

const GROUPS: readonly (readonly [Section['group'], string | null])[] = [
  ['main', null],
  ['billing', 'Billing'],
  ['developers', 'Developers'],
];

/** What surrounds every page: the menu, and which account one looks at. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure();
  const { account } = useSpace();
  const clock = useClock();
  return (
    <AppShell
      header={{ height: 54 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="lg"
    >
      <a href="#main" className={classes.skip}>
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? 'Close menu' : 'Open menu'}
            />
            <Logo />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SearchButton />
            {!account.livemode && <ClockMenu />}
            <ThemeSwitch />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Sections">
        <ScrollArea type="never">
          {GROUPS.map(([group, title]) => (
            <MenuGroup
              key={group}
              title={title}
              sections={SECTIONS.filter(
                (section) => section.group === group && !(section.isTestOnly === true && account.livemode),
              )}
              onOpen={close}
            />
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Container size={1180} px={0}>
          {clock.id !== null && <ClockBanner id={clock.id} />}
          <Suspense fallback={<Skeleton height={220} radius="md" />}>
            <Outlet />
          </Suspense>
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}

type MenuProps = { readonly title: string | null; readonly sections: readonly Section[]; readonly onOpen: () => void };

function MenuGroup({ title, sections, onOpen }: MenuProps) {
  const path = usePath();
  const { name } = useSpace();
  const { pathname } = useLocation();
  if (sections.length === 0) return null;
  return (
    <>
      {title !== null && (
        <Text size="xs" fw={600} c="dimmed" px="sm" pt="md" pb={4}>
          {title}
        </Text>
      )}
      {sections.map(({ label, icon: SectionIcon, path: own, also = [] }) => {
        const within = (page: string) => `/${name}${page}`;
        const parents = own === '' ? [] : [own, ...also];
        const isHere = pathname === within(own) || parents.some((parent) => pathname.startsWith(`${within(parent)}/`));
        return (
          <NavLink
            key={label}
            component={Link}
            to={path(own)}
            label={label}
            leftSection={<SectionIcon size={18} stroke={1.7} aria-hidden />}
            active={isHere}
            aria-current={isHere ? 'page' : undefined}
            onClick={onOpen}
            className={classes.link}
          />
        );
      })}
    </>
  );
}
