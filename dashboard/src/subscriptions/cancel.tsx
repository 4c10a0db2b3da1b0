import { Alert, Checkbox, Radio, Select, Stack, Text } from '@mantine/core';
import { DatePickerInput } from '@mantine/dates';
import '@mantine/dates/styles.css';
import { useState } from 'react';
import type Stripe from 'stripe';
import type { Params } from '../api/form.ts';
import { useAction } from '../api/hooks.ts';
import { usePreview } from '../invoices/preview.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { formatDate, titleOf } from '../ui/format.ts';
import { Money } from '../ui/money.tsx';
import { periodOf } from './columns.tsx';
import type { ActionProps } from './confirmations.tsx';
import { unixOfDay } from './draft.ts';

type Ending = {
  readonly when: 'now' | 'period_end' | 'date';
  readonly day: string | null;
  readonly prorates: boolean;
  readonly invoicesNow: boolean;
  readonly feedback: string | null;
};

const FEEDBACK = [
  'customer_service',
  'low_quality',
  'missing_features',
  'other',
  'switched_service',
  'too_complex',
  'too_expensive',
  'unused',
];

/** Ends a subscription at once, with its period or on a day, and tells what is billed for that. */
export function Cancel({ subscription, onClose }: ActionProps) {
  const [ending, setEnding] = useState<Ending>({
    when: 'period_end',
    day: null,
    prorates: false,
    invoicesNow: true,
    feedback: null,
  });
  const [isMissing, setMissing] = useState(false);
  const change = (part: Partial<Ending>) => setEnding((before) => ({ ...before, ...part }));
  const cancel = useAction(
    (client, asked: Ending) => {
      const path = `/v1/subscriptions/${subscription.id}`;
      const params = paramsOf(asked);
      return asked.when === 'now' ? client.remove(path, params) : client.post(path, params);
    },
    { done: ending.when === 'now' ? 'Subscription canceled' : 'It will be canceled', onDone: onClose, isQuiet: true },
  );
  const period = periodOf(subscription);
  return (
    <FormModal
      title="Cancel subscription"
      submit="Cancel subscription"
      opened
      onClose={onClose}
      onSubmit={() => {
        if (isDayMissing(ending)) setMissing(true);
        else cancel.mutate(ending);
      }}
      isPending={cancel.isPending}
      error={cancel.error}
      isDangerous
      dismiss="Keep it"
    >
      <Radio.Group label="Cancel" value={ending.when} onChange={(when) => change({ when })}>
        <Stack gap="xs" mt={6}>
          <Radio value="now" label="Immediately" />
          <Radio
            value="period_end"
            label="At the end of the current period"
            description={period && formatDate(period.end)}
          />
          <Radio value="date" label="On a custom date" />
        </Stack>
      </Radio.Group>
      {ending.when === 'date' && (
        <DatePickerInput
          label="Date (UTC)"
          placeholder="Choose a day"
          required
          value={ending.day}
          onChange={(day) => change({ day })}
          error={isMissing && isDayMissing(ending) ? 'Choose the day that it ends.' : undefined}
        />
      )}
      {ending.when === 'now' && (
        <Checkbox
          label="Invoice now"
          description="Bills what was used until now and what is pending. Else nobody bills it."
          checked={ending.invoicesNow}
          onChange={(event) => change({ invoicesNow: event.currentTarget.checked })}
        />
      )}
      {ending.when !== 'period_end' && (
        <Checkbox
          label="Prorate"
          description="Credits the time that is paid for and not used."
          checked={ending.prorates}
          onChange={(event) => change({ prorates: event.currentTarget.checked })}
        />
      )}
      <Select
        label="Reason"
        placeholder="None"
        clearable
        data={FEEDBACK.map((value) => ({ value, label: titleOf(value) }))}
        value={ending.feedback}
        onChange={(feedback) => change({ feedback })}
      />
      {cancel.isSuccess || <Consequence subscription={subscription} ending={ending} />}
    </FormModal>
  );
}

function isDayMissing({ when, day }: Ending): boolean {
  return when === 'date' && day === null;
}

function paramsOf({ when, day, prorates, invoicesNow, feedback }: Ending): Params {
  const details = feedback === null ? {} : { cancellation_details: { feedback } };
  if (when === 'now') return { prorate: prorates, invoice_now: invoicesNow, ...details };
  if (when === 'period_end') return { cancel_at_period_end: true, ...details };
  return {
    cancel_at: day === null ? undefined : unixOfDay(day),
    proration_behavior: prorationOf(prorates),
    ...details,
  };
}

function prorationOf(prorates: boolean): string {
  return prorates ? 'create_prorations' : 'none';
}

/** What the end bills, as the API computes it. */
function Consequence({
  subscription,
  ending,
}: {
  readonly subscription: Stripe.Subscription;
  readonly ending: Ending;
}) {
  const details = detailsOf(ending);
  const preview = usePreview(details && { subscription: subscription.id, subscription_details: details });
  const { data, error } = preview;
  if (ending.when === 'now' && !ending.invoicesNow) {
    return (
      <Alert color="orange" variant="light">
        Nothing is billed: what was used in this period is lost.
        {ending.prorates && ' The credit stays pending, for an invoice that you make.'}
      </Alert>
    );
  }
  if (details === null) return null;
  const isNothing = error?.code === 'invoice_upcoming_none';
  if (error !== null && !isNothing)
    return (
      <Alert color="orange" variant="light">
        {error.message}
      </Alert>
    );
  return (
    <Alert color="gray" variant="light" aria-live="polite">
      <Text size="sm">
        {ending.when === 'now' ? 'It ends now and can’t be begun again. ' : 'It goes on until then. '}
        {isNothing && 'Nothing is billed for that.'}
        {data !== undefined && !isNothing && (
          <>
            Its last invoice is over <Money amount={data.total} currency={data.currency} fw={650} />, as it stands now.
          </>
        )}
      </Text>
    </Alert>
  );
}

function detailsOf({ when, day, prorates, invoicesNow }: Ending): Params | null {
  if (when === 'now') return invoicesNow ? { cancel_now: true, proration_behavior: prorationOf(prorates) } : null;
  if (when === 'period_end') return { cancel_at_period_end: true };
  return day === null ? null : { cancel_at: unixOfDay(day), proration_behavior: prorationOf(prorates) };
}
