import { Badge } from '@mantine/core';
import { titleOf } from './format.ts';

/** What states mean to who reads them: good, running, waiting, wrong, over. */
const COLORS: Readonly<Record<string, string>> = {
  active: 'teal',
  advancing: 'indigo',
  canceled: 'gray',
  completed: 'gray',
  draft: 'gray',
  expired: 'gray',
  failed: 'red',
  incomplete: 'orange',
  incomplete_expired: 'gray',
  inactive: 'gray',
  internal_failure: 'red',
  not_started: 'indigo',
  open: 'indigo',
  paid: 'teal',
  past_due: 'red',
  paused: 'orange',
  ready: 'teal',
  released: 'gray',
  succeeded: 'teal',
  trialing: 'indigo',
  uncollectible: 'red',
  unpaid: 'red',
  void: 'gray',
};

export function Status({ of }: { readonly of: string | null | undefined }) {
  if (!of) return null;
  return (
    <Badge color={COLORS[of] ?? 'gray'} variant="light" radius="sm" tt="none" fw={600} miw="fit-content">
      {titleOf(of)}
    </Badge>
  );
}
