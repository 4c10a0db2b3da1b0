import { Badge } from '@mantine/core';

/** Whether somebody can still redeem it. */
export function Redeemable({ is }: { readonly is: boolean }) {
  return (
    <Badge color={is ? 'teal' : 'gray'} variant="light" radius="sm" tt="none" fw={600}>
      {is ? 'Valid' : 'Not valid'}
    </Badge>
  );
}
