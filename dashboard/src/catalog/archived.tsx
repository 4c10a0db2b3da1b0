import { Badge } from '@mantine/core';
import { Status } from '../ui/status.tsx';

/** Whether something of the catalog can still be sold. */
export function Archived({ isActive }: { readonly isActive: boolean }) {
  if (isActive) return <Status of="active" />;
  return (
    <Badge color="gray" variant="light" radius="sm" tt="none" fw={600}>
      Archived
    </Badge>
  );
}
