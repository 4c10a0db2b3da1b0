import { IconGauge } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const meters: Section = {
  label: 'Meters',
  icon: IconGauge,
  path: '/meters',
  group: 'billing',
  routes: [
    { path: 'meters', lazy: () => import('./list.tsx') },
    { path: 'meters/create', lazy: () => import('./create_meter.tsx') },
    { path: 'meters/:id', lazy: () => import('./meter.tsx') },
  ],
};
