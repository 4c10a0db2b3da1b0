import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type Stripe from 'stripe';
import { usePath } from '../session/space.ts';
import { Cancel } from './cancel.tsx';
import { DontCancel, EndTrial, PauseSubscription, ResumeCollection, ResumeSubscription } from './confirmations.tsx';
import { PauseCollection } from './pause_collection.tsx';

type Name = 'cancel' | 'keep' | 'pauseCollection' | 'resumeCollection' | 'pause' | 'resume' | 'endTrial';

const FORMS = {
  cancel: Cancel,
  keep: DontCancel,
  pauseCollection: PauseCollection,
  resumeCollection: ResumeCollection,
  pause: PauseSubscription,
  resume: ResumeSubscription,
  endTrial: EndTrial,
} as const;

const LABELS: Readonly<Record<Name, string>> = {
  cancel: 'Cancel subscription',
  keep: 'Don’t cancel',
  pauseCollection: 'Pause collection',
  resumeCollection: 'Resume collection',
  pause: 'Pause subscription',
  resume: 'Resume subscription',
  endTrial: 'End trial',
};

/** What can be done with a subscription as it is now. */
export function Actions({ subscription }: { readonly subscription: Stripe.Subscription }) {
  const path = usePath();
  const [opened, setOpened] = useState<Name | null>(null);
  const names = namesOf(subscription);
  if (names.length === 0) return null;
  const Form = opened && FORMS[opened];
  return (
    <>
      <Button component={Link} to={path(`/subscriptions/${subscription.id}/update`)} variant="default">
        Update subscription
      </Button>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {names.map((name) => (
            <Menu.Item key={name} color={name === 'cancel' ? 'red' : undefined} onClick={() => setOpened(name)}>
              {LABELS[name]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {Form && <Form subscription={subscription} onClose={() => setOpened(null)} />}
    </>
  );
}

function namesOf({ status, pause_collection: pause, cancel_at: cancelAt }: Stripe.Subscription): readonly Name[] {
  if (status === 'canceled' || status === 'incomplete_expired') return [];
  const names: (Name | false)[] = [
    status === 'trialing' && 'endTrial',
    status === 'active' && 'pause',
    status === 'paused' && 'resume',
    pause === null ? 'pauseCollection' : 'resumeCollection',
    cancelAt !== null && 'keep',
    'cancel',
  ];
  return names.filter((name) => name !== false);
}
