import { IconPackage } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const catalog: Section = {
  label: 'Product catalog',
  icon: IconPackage,
  path: '/products',
  group: 'billing',
  routes: [
    { path: 'products', lazy: () => import('./products.tsx') },
    { path: 'products/create', lazy: () => import('./create_product.tsx') },
    { path: 'products/:id', lazy: () => import('./product.tsx') },
    { path: 'products/:id/add-price', lazy: () => import('./add_price.tsx') },
    { path: 'prices/:id', lazy: () => import('./price.tsx') },
  ],
};
