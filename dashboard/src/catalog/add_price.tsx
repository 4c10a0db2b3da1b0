import { useNavigate, useParams } from 'react-router';
import type Stripe from 'stripe';
import { useAction, useGet } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import { Failure } from '../ui/failure.tsx';
import { Page } from '../ui/page.tsx';
import { AddPriceStep } from './add_price_step.tsx';
import { type PriceDraft, priceField } from './draft.ts';
import { writePrice } from './write_price.ts';
import { useDraft } from './use_draft.ts';

/** Another price of a product that is there. */
export function Component() {
  const { id = '' } = useParams();
  const product = useGet<Stripe.Product>(`/v1/products/${id}`);
  const state = useDraft();
  const navigate = useNavigate();
  const path = usePath();
  const { draft } = state;
  const back = () => void navigate(path(`/products/${id}`));
  const create = useAction((client, terms: PriceDraft) => writePrice(client, terms, { product: id }), {
    done: 'Price added',
    onDone: back,
    isQuiet: true,
  });
  const field = create.error?.param === undefined ? undefined : priceField(create.error.param, draft);
  const crumbs = [
    ['Product catalog', '/products'],
    [product.data?.name ?? id, `/products/${id}`],
  ] as const;
  // What is typed stays, should the product not be read a second time.
  if (product.error !== null && product.data === undefined) {
    return (
      <Page title="Add price" crumbs={crumbs}>
        <Failure error={product.error} retry={() => void product.refetch()} what="This product" />
      </Page>
    );
  }
  return (
    <AddPriceStep
      state={state}
      unitLabel={product.data?.unit_label ?? null}
      submit="Add price"
      crumbs={crumbs}
      isPending={create.isPending}
      failure={field === undefined ? create.error?.message : undefined}
      onCancel={back}
      onDone={() =>
        create.mutate(draft, {
          onError: ({ param = '', message }) => {
            const wrong = priceField(param, draft);
            if (wrong !== undefined) state.setProblems({ [wrong]: message });
          },
        })
      }
    />
  );
}
