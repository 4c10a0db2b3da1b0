import { IconBolt } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const events: Section = {
  label: 'Events',
  icon: IconBolt,
  path: '/events',
  group: 'developers',
  routes: [
    { path: 'events', lazy: () => import('./list.tsx') },
    { path: 'events/:id', lazy: () => import('./event.tsx') },
  ],
};
