import { useNavigate, useParams } from 'react-router';
import type Stripe from 'stripe';
import { useAction, useGet } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
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
  return (
    <AddPriceStep
      state={state}
      unitLabel={product.data?.unit_label ?? null}
      submit="Add price"
      crumbs={[
        ['Product catalog', '/products'],
        [product.data?.name ?? id, `/products/${id}`],
      ]}
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
