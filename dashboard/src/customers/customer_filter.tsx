import type { Filter } from '../ui/filters.tsx';
import { CustomerSelect } from './customer_select.tsx';

/** Narrows a list to what is of one customer. */
export const CUSTOMER_FILTER: Filter = {
  param: 'customer',
  label: 'Customer',
  field: (value, set) => <CustomerSelect value={value} onChange={set} isFilter />,
};
