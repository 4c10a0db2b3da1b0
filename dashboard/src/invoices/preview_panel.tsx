import { Alert, Box, Group, Loader, Skeleton, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type Stripe from 'stripe';
import type { ApiError } from '../api/error.ts';
import { Panel } from '../ui/panel.tsx';
import { Lines } from './lines.tsx';
import { Totals } from './totals.tsx';

type Props = {
  readonly title: string;
  readonly preview: UseQueryResult<Stripe.Invoice, ApiError>;
  /** What stands there before there is anything to compute. */
  readonly waiting: ReactNode;
  /** What it says, in a sentence. */
  readonly says?: (invoice: Stripe.Invoice) => ReactNode;
  /** What it means that nothing would be billed. */
  readonly nothing?: ReactNode;
};

/** What would be billed, beside the form that decides it. */
export function PreviewPanel({ title, preview, waiting, says, nothing = 'Nothing would be billed.' }: Props) {
  const { data, error, isFetching, isPlaceholderData } = preview;
  return (
    <Panel title={title} isFlush actions={isFetching ? <Loader size="xs" aria-label="Computing" /> : undefined}>
      <Box aria-live="polite" opacity={isPlaceholderData ? 0.6 : 1}>
        {error === null ? (
          <Computed data={data} isFetching={isFetching} waiting={waiting} says={says} />
        ) : (
          <Wrong error={error} nothing={nothing} />
        )}
      </Box>
    </Panel>
  );
}

function Wrong({ error, nothing }: { readonly error: ApiError; readonly nothing: ReactNode }) {
  if (error.code === 'invoice_upcoming_none') return <Note>{nothing}</Note>;
  return (
    <Box px="md" pb="md">
      <Alert color="orange" variant="light" title="This can’t be billed as it stands">
        {error.message}
      </Alert>
    </Box>
  );
}

type ComputedProps = Pick<Props, 'waiting' | 'says'> & {
  readonly data: Stripe.Invoice | undefined;
  readonly isFetching: boolean;
};

function Computed({ data, isFetching, waiting, says }: ComputedProps) {
  if (data === undefined) return isFetching ? <Skeleton h={120} m="md" /> : <Note>{waiting}</Note>;
  return (
    <>
      {says !== undefined && <Note>{says(data)}</Note>}
      <Lines invoice={data} isNarrow />
      <Group justify="flex-end" p="md">
        <Box flex={1} maw={420}>
          <Totals invoice={data} />
        </Box>
      </Group>
    </>
  );
}

function Note({ children }: { readonly children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed" px="md" pb="sm" component="div">
      {children}
    </Text>
  );
}
