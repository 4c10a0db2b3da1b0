import { IconCode, IconListDetails } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const requestLog: Section = {
  label: 'Request log',
  icon: IconListDetails,
  path: '/requests',
  group: 'developers',
  routes: [
    { path: 'requests', lazy: () => import('./requests.tsx') },
    { path: 'requests/:id', lazy: () => import('./request.tsx') },
  ],
};

export const developers: Section = {
  label: 'API keys',
  icon: IconCode,
  path: '/developers',
  group: 'developers',
  routes: [{ path: 'developers', lazy: () => import('./developers.tsx') }],
};
