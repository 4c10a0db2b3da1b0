import { Facts } from '../ui/facts.tsx';
import { titleOf } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import { When } from '../ui/when.tsx';
import { Spend } from './spend.tsx';
import type { TimedCustomer } from './time.ts';

/** Who a customer is. */
export function Details({ customer }: { readonly customer: TimedCustomer }) {
  const { address, tax_exempt: exempt, metadata } = customer;
  const lines = [address?.line1, address?.line2, address?.postal_code, address?.city, address?.state, address?.country];
  const where = lines.filter(Boolean).join(', ');
  return (
    <Panel title="Details">
      <Facts
        of={[
          ['Spend to date', <Spend key="spend" customer={customer} />],
          ['Name', customer.name],
          ['Email', customer.email],
          ['Description', customer.description],
          ['Phone', customer.phone ?? undefined],
          ['Address', where === '' ? undefined : where],
          ['Taxes', exempt == null || exempt === 'none' ? undefined : titleOf(exempt)],
          ['Currency', customer.currency?.toUpperCase() ?? undefined],
          ['Created', <When key="created" at={customer.created} />],
          ...Object.entries(metadata).map(([key, value]) => [key, value] as const),
        ]}
      />
    </Panel>
  );
}
