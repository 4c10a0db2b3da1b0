import { IconFileInvoice } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const invoices: Section = {
  label: 'Invoices',
  icon: IconFileInvoice,
  path: '/invoices',
  group: 'billing',
  routes: [
    { path: 'invoices', lazy: () => import('./list.tsx') },
    { path: 'invoices/:id', lazy: () => import('./invoice.tsx') },
  ],
};
