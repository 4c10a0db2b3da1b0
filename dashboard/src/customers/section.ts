import { IconUsers } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const customers: Section = {
  label: 'Customers',
  icon: IconUsers,
  path: '/customers',
  group: 'billing',
  routes: [
    { path: 'customers', lazy: () => import('./list.tsx') },
    { path: 'customers/:id', lazy: () => import('./customer.tsx') },
  ],
};
