import { Button, Collapse, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';

type Props = {
  readonly label: string;
  /** True where something in it must be seen, as what is wrong. */
  readonly isNeeded?: boolean;
  readonly children: ReactNode;
};

/** What few people need, until they ask for it. */
export function Disclose({ label, isNeeded = false, children }: Props) {
  const [isOpen, { toggle }] = useDisclosure();
  const isShown = isOpen || isNeeded;
  const Chevron = isShown ? IconChevronDown : IconChevronRight;
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        ml={-8}
        aria-expanded={isShown}
        leftSection={<Chevron size={14} aria-hidden />}
        onClick={toggle}
      >
        {label}
      </Button>
      <Collapse expanded={isShown}>
        <Stack pt="sm">{children}</Stack>
      </Collapse>
    </div>
  );
}
