import { ActionIcon, Button, Kbd, Tooltip } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';

const Search = lazy(() => import('../search/search.tsx'));

const isMac = /mac|iphone|ipad/i.test(navigator.userAgent);

/** Opens the search, as Ctrl-K or ⌘K does; what searches is loaded when it is first needed. */
export function SearchButton() {
  // How often it was opened; none, and nothing is loaded.
  const [opens, setOpens] = useState(0);
  const open = () => setOpens((count) => count + 1);
  useHotkeys([['mod+K', open]], []);
  return (
    <>
      <Button
        variant="default"
        size="sm"
        c="dimmed"
        fw={400}
        visibleFrom="md"
        leftSection={<IconSearch size={15} aria-hidden />}
        rightSection={<Kbd size="xs">{isMac ? '⌘K' : 'Ctrl K'}</Kbd>}
        onClick={open}
      >
        Search
      </Button>
      <Tooltip label="Search">
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Search" hiddenFrom="md" onClick={open}>
          <IconSearch size={18} />
        </ActionIcon>
      </Tooltip>
      <Suspense>{opens > 0 && <Search opens={opens} />}</Suspense>
    </>
  );
}
