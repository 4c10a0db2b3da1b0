import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { usePath } from '../session/space.ts';

type Props = {
  readonly to: string;
  /** Among other words it is underlined: its color alone does not tell it apart. */
  readonly isInText?: boolean;
  readonly children: ReactNode;
};

/** A link to another page of the account. */
export function Go({ to, isInText = false, children }: Props) {
  const path = usePath();
  return (
    <Anchor component={Link} to={path(to)} inherit underline={isInText ? 'always' : 'hover'}>
      {children}
    </Anchor>
  );
}
