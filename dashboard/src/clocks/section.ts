import { IconClockPlay } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const clocks: Section = {
  label: 'Test clocks',
  icon: IconClockPlay,
  path: '/clocks',
  group: 'developers',
  isTestOnly: true,
  routes: [
    { path: 'clocks', lazy: () => import('./list.tsx') },
    { path: 'clocks/:id', lazy: () => import('./clock_page.tsx') },
  ],
};
