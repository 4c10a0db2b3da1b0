import type { Icon } from '@tabler/icons-react';
import type { RouteObject } from 'react-router';

/** A part of the dashboard: a folder with its pages, and how people get there. */
export type Section = {
  readonly label: string;
  readonly icon: Icon;
  /** Its first page, within an account. */
  readonly path: string;
  /** Where its other pages are, that do not begin with its path: the menu shows it there as well. */
  readonly also?: readonly string[];
  readonly group: 'main' | 'billing' | 'developers';
  /** True where live accounts have no such thing. */
  readonly isTestOnly?: boolean;
  /** Its pages, within an account; each is loaded when it is opened. */
  readonly routes: readonly RouteObject[];
};
