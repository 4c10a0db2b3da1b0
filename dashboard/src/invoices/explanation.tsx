import { Accordion, Box, Code, Group, Skeleton, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useGet } from '../api/hooks.ts';
import { Failure } from '../ui/failure.tsx';
import { formatMoney, formatNumber } from '../ui/format.ts';
import { Money } from '../ui/money.tsx';
import { Panel } from '../ui/panel.tsx';
import type { Change, Charge, Explained } from './explained.ts';
import { UsageOfCharge } from './usage_of_charge.tsx';

/** Why an invoice is what it is: the arithmetic of each line, its usage by day, and the events of each day. */
export function Explanation({ id }: { readonly id: string }) {
  const query = useGet<Explained>(`/v1/usance/invoices/${id}/explain`);
  const { data, error } = query;
  return (
    <Panel title="Why this amount">
      {error !== null && <Failure error={error} retry={() => void query.refetch()} what="The explanation" />}
      {error === null && data === undefined && <Skeleton h={160} />}
      {data !== undefined && <Steps of={data} />}
    </Panel>
  );
}

function Steps({ of: explained }: { readonly of: Explained }) {
  const { charges, currency, discounts, taxes, total } = explained;
  const [opened, setOpened] = useState<readonly string[]>(charges.length === 1 ? ['0'] : []);
  const changes = [
    ...discounts.map((change) => [`Discount${percentOf(change.percent_off)}`, change] as const),
    ...taxes.map((change) => [`Tax${percentOf(change.percentage)}`, change] as const),
  ];
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {`Recomputed from stored prices and events, apart from what billed it. Steps count in smallest units: ${formatNumber(total)} are ${formatMoney(total, currency)}.`}
      </Text>
      <Accordion variant="contained" multiple value={[...opened]} onChange={setOpened}>
        {charges.map((charge, place) => (
          <ChargeItem
            key={`${charge.lines[0]?.line}`}
            charge={charge}
            currency={currency}
            place={place}
            isOpen={opened.includes(String(place))}
          />
        ))}
      </Accordion>
      <Stack gap="xs">
        <Sum name="Subtotal" amount={explained.subtotal} currency={currency} steps={[explained.subtotal_steps]} />
        {changes.map(([name, change]) => (
          <Sum
            key={name + change.amount}
            name={name}
            amount={change.amount}
            currency={currency}
            steps={stepsOf(change)}
          />
        ))}
        <Sum name="Total" amount={explained.total} currency={currency} steps={explained.total_steps} />
      </Stack>
    </Stack>
  );
}

function percentOf(percent: string | null | undefined): string {
  return percent == null ? '' : ` (${percent} %)`;
}

function stepsOf({ lines, steps }: Change): readonly string[] {
  return [...lines.flatMap((line) => line.steps), ...steps];
}

type ChargeProps = {
  readonly charge: Charge;
  readonly currency: string;
  readonly place: number;
  readonly isOpen: boolean;
};

function ChargeItem({ charge, currency, place, isOpen }: ChargeProps) {
  const title = charge.lines[0]?.description ?? 'Charge';
  return (
    <Accordion.Item value={String(place)}>
      <Accordion.Control>
        <Group justify="space-between" wrap="nowrap" pr="sm" gap="md">
          <Text size="sm" fw={600}>
            {title}
          </Text>
          <Text size="sm" fw={600}>
            <Money amount={charge.amount} currency={currency} />
          </Text>
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <Stack gap="md">
          {charge.lines.map((line) => (
            <Box key={line.line}>
              {charge.lines.length > 1 && <Text size="sm">{line.description}</Text>}
              <Arithmetic steps={line.steps} />
            </Box>
          ))}
          {isOpen && charge.usage !== null && <UsageOfCharge usage={charge.usage} />}
        </Stack>
      </Accordion.Panel>
    </Accordion.Item>
  );
}

function Arithmetic({ steps }: { readonly steps: readonly string[] }) {
  if (steps.length === 0) return null;
  return (
    <Code block fz="sm">
      {steps.join('\n')}
    </Code>
  );
}

/** That one amount sums to itself need not be said. */
function saysMore(step: string): boolean {
  return !/^(-?\d+) = \1$/.test(step);
}

type SumProps = {
  readonly name: ReactNode;
  readonly amount: number;
  readonly currency: string;
  readonly steps: readonly string[];
};

function Sum({ name, amount, currency, steps }: SumProps) {
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" gap="md">
      <Stack gap={2} miw={0}>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        {steps.filter(saysMore).map((step) => (
          <Text key={step} size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
            {step}
          </Text>
        ))}
      </Stack>
      <Text size="sm" fw={600}>
        <Money amount={amount} currency={currency} />
      </Text>
    </Group>
  );
}
