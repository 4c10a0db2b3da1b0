import { Progress, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { List } from '../api/client.ts';
import type { Params } from '../api/form.ts';
import { useGet } from '../api/hooks.ts';
import { useClock } from '../clocks/use_clock.ts';
import { Go } from '../ui/go.tsx';
import { Panel } from '../ui/panel.tsx';
import classes from './home.module.css';

/** The steps of the guide to usage-based billing, and which are done; nothing when all are. */
export function FirstSteps() {
  const { params: clock } = useClock();
  const meter = useHasAny('/v1/usance/meters');
  const price = useHasAny('/v1/prices', { recurring: { usage_type: 'metered' } });
  const customer = useHasAny('/v1/customers', clock);
  const subscription = useHasAny('/v1/subscriptions', { ...clock, status: 'all' });
  const event = useHasAny('/v1/usance/meter_events');
  const steps = [
    ['Create a meter', '/meters/create', meter, 'It says how events become usage.'],
    ['Create a product with a usage-based price', '/products/create', price, 'It says what usage costs.'],
    ['Add a customer', '/customers', customer, 'Who is billed.'],
    ['Create a subscription', '/subscriptions/create', subscription, 'It bills the customer again and again.'],
    ['Send a meter event', '/meters', event, 'By the API, or on the page of the meter.'],
  ] as const;
  const done = steps.filter(([, , isDone]) => isDone === true).length;
  if (steps.some(([, , isDone]) => isDone === undefined) || done === steps.length) return null;
  return (
    <Panel title="First steps">
      <Stack gap="sm">
        <Progress value={(done / steps.length) * 100} aria-label={`${done} of ${steps.length} steps done`} />
        <Stack gap="xs" component="ol" m={0} p={0}>
          {steps.map(([label, to, isDone, about]) => (
            <li key={label} className={classes.step}>
              <ThemeIcon size={22} radius="xl" variant={isDone === true ? 'filled' : 'default'} color="teal">
                {isDone === true && <IconCheck size={14} aria-label="Done" />}
              </ThemeIcon>
              <Text size="sm" c={isDone === true ? 'dimmed' : undefined}>
                {isDone === true ? label : <Go to={to}>{label}</Go>}
                <Text span size="sm" c="dimmed">
                  {` · ${about}`}
                </Text>
              </Text>
            </li>
          ))}
        </Stack>
      </Stack>
    </Panel>
  );
}

/** Undefined until it is known; what can't be asked counts as done, for it is told elsewhere. */
function useHasAny(path: string, params: Params = {}): boolean | undefined {
  const { data, error } = useGet<List<unknown>>(path, { ...params, limit: 1 }, { staleTime: 10_000 });
  if (error !== null) return true;
  return data && data.data.length > 0;
}
