import { IconHome } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const home: Section = {
  label: 'Home',
  icon: IconHome,
  path: '',
  group: 'main',
  routes: [{ index: true, lazy: () => import('./home.tsx') }],
};
