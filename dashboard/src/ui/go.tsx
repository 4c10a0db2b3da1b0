import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { usePath } from '../session/space.ts';

/** A link to another page of the account. */
export function Go({ to, children }: { readonly to: string; readonly children: ReactNode }) {
  const path = usePath();
  return (
    <Anchor component={Link} to={path(to)} inherit>
      {children}
    </Anchor>
  );
}
