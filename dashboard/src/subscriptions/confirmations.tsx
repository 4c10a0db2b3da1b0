import { Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Radio, Stack } from '@mantine/core';
import type Stripe from 'stripe';
import type { Params } from '../api/form.ts';
import { useAction } from '../api/hooks.ts';
import { usePreview } from '../invoices/preview.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { formatDate } from '../ui/format.ts';
import { Money } from '../ui/money.tsx';

export type ActionProps = { readonly subscription: Stripe.Subscription; readonly onClose: () => void };

type Confirmation = ActionProps & {
  readonly title: string;
  readonly done: string;
  /** After the subscription's own address: `/pause`. */
  readonly verb?: string;
  readonly params: Params;
  readonly children: ReactNode;
};

/** Says what a change will do, and does it when that is confirmed. */
function Confirm({ subscription, onClose, title, done, verb = '', params, children }: Confirmation) {
  const change = useAction((client) => client.post(`/v1/subscriptions/${subscription.id}${verb}`, params), {
    done,
    onDone: onClose,
    isQuiet: true,
  });
  return (
    <FormModal
      title={title}
      submit={title}
      opened
      onClose={onClose}
      onSubmit={() => change.mutate(undefined)}
      isPending={change.isPending}
      error={change.error}
    >
      {children}
    </FormModal>
  );
}

export function DontCancel(props: ActionProps) {
  const { cancel_at: at } = props.subscription;
  return (
    <Confirm
      {...props}
      title="Don’t cancel"
      done="The subscription goes on"
      // Only what ends with its period can be kept so; any other time is taken away.
      params={props.subscription.cancel_at_period_end ? { cancel_at_period_end: false } : { cancel_at: '' }}
    >
      <Text size="sm">
        It was to end{at === null ? '' : ` on ${formatDate(at)}`}. It goes on and is billed as before.
      </Text>
    </Confirm>
  );
}

export function ResumeCollection(props: ActionProps) {
  return (
    <Confirm {...props} title="Resume collection" done="Collection is resumed" params={{ pause_collection: '' }}>
      <Text size="sm">
        The next invoices are collected again. Those that stayed drafts wait for you to finalize them.
      </Text>
    </Confirm>
  );
}

export function EndTrial(props: ActionProps) {
  const { id } = props.subscription;
  const preview = usePreview({ subscription: id, subscription_details: { trial_end: 'now' } });
  return (
    <Confirm {...props} title="End trial" done="The trial is over" params={{ trial_end: 'now' }}>
      <Text size="sm">
        The trial ends now and the first paid period begins.{' '}
        {preview.data !== undefined && (
          <>
            <Money amount={preview.data.amount_due} currency={preview.data.currency} fw={650} /> is billed at once.
          </>
        )}
      </Text>
    </Confirm>
  );
}

export function PauseSubscription(props: ActionProps) {
  const [behavior, setBehavior] = useState('pending_invoice_item');
  return (
    <Confirm
      {...props}
      title="Pause subscription"
      done="The subscription is paused"
      verb="/pause"
      params={{ invoicing_behavior: behavior }}
    >
      <Text size="sm">
        Until it is resumed nothing is billed, and usage is counted but never charged. What was used until now is
        charged, and unused time that is paid for is credited:
      </Text>
      <Radio.Group value={behavior} onChange={setBehavior} aria-label="When">
        <Stack gap="xs">
          <Radio value="pending_invoice_item" label="With the next invoice" />
          <Radio value="invoice" label="By an invoice now" />
        </Stack>
      </Radio.Group>
    </Confirm>
  );
}

export function ResumeSubscription(props: ActionProps) {
  const [anchor, setAnchor] = useState('now');
  return (
    <Confirm
      {...props}
      title="Resume subscription"
      done="The subscription is resumed"
      verb="/resume"
      params={{ billing_cycle_anchor: { type: anchor } }}
    >
      <Text size="sm">It is billed again. Where something is due at once, it is active when that is paid.</Text>
      <Radio.Group value={anchor} onChange={setAnchor} aria-label="Periods">
        <Stack gap="xs">
          <Radio value="now" label="Begin a new period now" />
          <Radio value="unchanged" label="Keep the billing cycle as it was" />
        </Stack>
      </Radio.Group>
    </Confirm>
  );
}
