import { Anchor, Card, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { usePath } from '../session/space.ts';
import { formatNumber } from '../ui/format.ts';
import { Money } from '../ui/money.tsx';
import type { Overview, Sum } from './overview.ts';

/** What stands open, and what comes again by itself. */
export function Figures({ overview }: { readonly overview: Overview | undefined }) {
  if (overview === undefined) return <Skeleton height={110} radius="md" />;
  const { invoices, subscriptions } = overview;
  const active = (subscriptions['active'] ?? 0) + (subscriptions['past_due'] ?? 0);
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="md">
      <Figure label="Open invoices" to="/invoices?status=open">
        <Sums of={invoices.open} />
      </Figure>
      <Figure label="Past due" to="/invoices?status=open">
        <Sums of={invoices.past_due} isBad />
      </Figure>
      <Figure
        label="Recurring"
        hint={`Before discounts and taxes${overview.metered_item_count > 0 ? ', plus usage' : ''}`}
      >
        <Recurring of={overview} />
      </Figure>
      <Figure label="Active subscriptions" to="/subscriptions">
        <Text fz={22} fw={650}>
          {formatNumber(active)}
        </Text>
        {(subscriptions['trialing'] ?? 0) > 0 && (
          <Text size="sm" c="dimmed">
            and {formatNumber(subscriptions['trialing'] ?? 0)} in a trial
          </Text>
        )}
      </Figure>
    </SimpleGrid>
  );
}

type FigureProps = {
  readonly label: string;
  readonly to?: string;
  readonly hint?: string;
  readonly children: ReactNode;
};

function Figure({ label, to, hint, children }: FigureProps) {
  const path = usePath();
  return (
    <Card withBorder radius="md" padding="md" role="group" aria-label={label}>
      <Stack gap={2}>
        {to === undefined ? (
          <Text size="sm" c="dimmed">
            {label}
          </Text>
        ) : (
          <Anchor component={Link} to={path(to)} size="sm">
            {label}
          </Anchor>
        )}
        {children}
        {hint !== undefined && (
          <Text size="xs" c="dimmed">
            {hint}
          </Text>
        )}
      </Stack>
    </Card>
  );
}

/** An amount a currency: those of different currencies are not added. */
function Sums({ of, isBad = false }: { readonly of: readonly Sum[]; readonly isBad?: boolean }) {
  if (of.length === 0) {
    return (
      <Text fz={22} fw={650}>
        None
      </Text>
    );
  }
  return of.map(({ amount, count, currency }) => (
    <div key={currency}>
      <Money amount={amount} currency={currency} fz={22} fw={650} c={isBad ? 'red.8' : undefined} />
      <Text size="sm" c="dimmed">
        {count === 1 ? '1 invoice' : `${formatNumber(count)} invoices`}
      </Text>
    </div>
  ));
}

function Recurring({ of: { recurring } }: { readonly of: Overview }) {
  if (recurring.length === 0) {
    return (
      <Text fz={22} fw={650}>
        None
      </Text>
    );
  }
  return recurring.map(({ amount, currency, interval, interval_count: count }) => (
    <Text key={`${currency} ${interval} ${count}`} fz={recurring.length > 1 ? 'md' : 22} fw={650}>
      <Money amount={amount} currency={currency} />
      <Text span size="sm" c="dimmed">
        {count === 1 ? ` / ${interval}` : ` / ${count} ${interval}s`}
      </Text>
    </Text>
  ));
}
