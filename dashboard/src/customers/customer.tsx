import { useParams } from 'react-router';
import type Stripe from 'stripe';
import { useGet } from '../api/hooks.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { When } from '../ui/when.tsx';

export function Component() {
  const { id = '' } = useParams();
  const customer = useGet<Stripe.Customer>(`/v1/customers/${id}`);
  const crumbs = [['Customers', '/customers']] as const;
  if (customer.error !== null) {
    return (
      <Page title="Customer" crumbs={crumbs}>
        <Failure error={customer.error} retry={() => void customer.refetch()} what="This customer" />
      </Page>
    );
  }
  const { data } = customer;
  return (
    <Page
      title={data?.name ?? data?.email ?? 'Customer'}
      crumbs={crumbs}
      beside={<CopyId id={id} label="customer ID" />}
    >
      <Panel title="Details">
        <Facts
          of={[
            ['Email', data?.email],
            ['Description', data?.description],
            ['Created', <When key="created" at={data?.created} />],
          ]}
        />
      </Panel>
    </Page>
  );
}
