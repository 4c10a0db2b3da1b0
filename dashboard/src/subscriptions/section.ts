import { IconRefresh } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const subscriptions: Section = {
  label: 'Subscriptions',
  icon: IconRefresh,
  path: '/subscriptions',
  group: 'billing',
  routes: [
    { path: 'subscriptions', lazy: () => import('./list.tsx') },
    { path: 'subscriptions/create', lazy: () => import('./create.tsx') },
    { path: 'subscriptions/:id', lazy: () => import('./subscription.tsx') },
    { path: 'subscriptions/:id/update', lazy: () => import('./update.tsx') },
    { path: 'subscriptions/:id/upcoming', lazy: () => import('./upcoming_invoice.tsx') },
  ],
};
