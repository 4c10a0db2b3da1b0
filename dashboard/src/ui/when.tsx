import { Text, Tooltip } from '@mantine/core';
import { formatDate, formatRelative, formatTime } from './format.ts';

type Props = {
  /** Unix seconds; null: there is none. */
  readonly at: number | null | undefined;
  /** How far away it is, or the day, or the second. */
  readonly as?: 'relative' | 'date' | 'time';
};

/** A moment; the exact one is told on hover and to screen readers. */
export function When({ at, as = 'relative' }: Props) {
  if (at === null || at === undefined) return <Text span>—</Text>;
  const exact = formatTime(at);
  const shown = as === 'date' ? formatDate(at) : as === 'time' ? exact : formatRelative(at, Date.now() / 1000);
  return (
    <Tooltip label={exact} openDelay={200}>
      <time dateTime={new Date(at * 1000).toISOString()}>{shown}</time>
    </Tooltip>
  );
}
