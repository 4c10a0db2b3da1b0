import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type Stripe from 'stripe';
import type { Client } from '../api/client.ts';
import type { ApiError } from '../api/error.ts';
import { useAction } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import { Disclose } from '../ui/disclose.tsx';
import { type Entries, MetadataField, metadataOf } from '../ui/metadata_field.tsx';
import { focusProblem } from '../ui/focus_problem.ts';
import { notifyFailure } from '../ui/notify.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import type { Problems } from '../ui/problems.ts';
import { AddPriceStep } from './add_price_step.tsx';
import { draftModel, type PriceDraft, priceField } from './draft.ts';
import { draftWords } from './draft_words.ts';
import { BillingPeriod, type EditorProps, FormFailure, Recurring } from './price_editor.tsx';
import { PricePreview } from './price_preview.tsx';
import { MoneyInput } from './money_input.tsx';
import { writePrice } from './write_price.ts';
import { useDraft } from './use_draft.ts';
import { CurrencySelect } from './currency_select.tsx';
import classes from './catalog.module.css';

type NewProduct = { readonly name: string; readonly description: string; readonly unitLabel: string };

type Creation = { readonly product: NewProduct; readonly metadata: Entries; readonly draft: PriceDraft };

/**
 * The price comes first, for it can be refused in more ways: then nothing is left behind. Once it is there so is the
 * product, and trying it all again would make another: what then fails is told beside it.
 */
async function createProduct(client: Client, { product, metadata, draft }: Creation): Promise<Stripe.Product> {
  const price = await writePrice(client, draft, {
    product_data: {
      name: product.name.trim(),
      unit_label: product.unitLabel.trim() || undefined,
      metadata: metadataOf(metadata),
    },
  });
  const address = `/v1/products/${price.product as string}`;
  const rest = { description: product.description.trim() || undefined, default_price: price.id };
  return await client.post<Stripe.Product>(address, rest).catch(async (error: unknown) => {
    notifyFailure(error as ApiError);
    return await client.get<Stripe.Product>(address);
  });
}

/** The product, and on a page of its own all that its price can be. */
export function Component() {
  const [search, setSearch] = useSearchParams();
  const state = useDraft();
  const [product, setProduct] = useState<NewProduct>({ name: '', description: '', unitLabel: '' });
  const [metadata, setMetadata] = useState<Entries>([]);
  const [problems, setProblems] = useState<Problems>({});
  const navigate = useNavigate();
  const path = usePath();
  const toPrice = (isThere: boolean) => setSearch(isThere ? { step: 'price' } : {});
  const create = useAction(createProduct, {
    done: 'Product added',
    onDone: ({ id }) => void navigate(path(`/products/${id}`)),
    isQuiet: true,
  });
  const { draft } = state;
  const submit = () => {
    const isNamed = product.name.trim() !== '';
    setProblems(isNamed ? {} : { name: 'Enter the name of the product.' });
    const isPriced = state.check();
    if (!isPriced && draft.model !== 'flat') toPrice(true);
    if (!isNamed || !isPriced) return;
    create.mutate(
      { product, metadata, draft },
      {
        onError: ({ param = '', message }) => {
          const own = productField(param);
          const field = priceField(param, draft);
          if (own !== undefined) setProblems({ [own]: message });
          if (field === undefined) return;
          state.setProblems({ [field]: message });
          if (draft.model !== 'flat') toPrice(true);
        },
      },
    );
  };
  const unitLabel = product.unitLabel.trim() || null;
  const { param = '' } = create.error ?? {};
  const isAtField = productField(param) !== undefined || priceField(param, draft) !== undefined;
  if (search.get('step') === 'price') {
    return (
      <AddPriceStep
        state={state}
        unitLabel={unitLabel}
        submit="Next"
        crumbs={[
          ['Product catalog', '/products'],
          ['Add a product', '/products/create'],
        ]}
        onDone={() => toPrice(false)}
        onCancel={() => toPrice(false)}
      />
    );
  }
  return (
    <Page title="Add a product" crumbs={[['Product catalog', '/products']]}>
      <form
        className={classes.columns}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
          focusProblem(event.currentTarget);
        }}
      >
        <Stack gap="lg">
          <Panel title="Product">
            <ProductFields
              product={product}
              metadata={metadata}
              problems={problems}
              onChange={(change) => {
                setProduct({ ...product, ...change });
                setProblems({});
              }}
              onMetadata={setMetadata}
            />
          </Panel>
          <Panel title="Pricing">
            <Pricing draft={draft} onChange={state.change} problems={state.problems} onMore={() => toPrice(true)} />
          </Panel>
          <FormFailure message={isAtField ? undefined : create.error?.message} />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => void navigate(path('/products'))}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending}>
              Add product
            </Button>
          </Group>
        </Stack>
        <div className={classes.aside}>
          <PricePreview
            model={draftModel(draft)}
            currency={draft.currency}
            unitLabel={unitLabel}
            words={draftWords(draft, unitLabel)}
            isUsage={draft.model === 'usage'}
          />
        </div>
      </form>
    </Page>
  );
}

/** Which field shows what the API says of a parameter of the product. */
function productField(param: string): string | undefined {
  return /^product_data\[(name|unit_label|metadata)\]/.exec(param)?.[1];
}

type FieldsProps = {
  readonly product: NewProduct;
  readonly metadata: Entries;
  readonly problems: Problems;
  readonly onChange: (change: Partial<NewProduct>) => void;
  readonly onMetadata: (metadata: Entries) => void;
};

function ProductFields({ product, metadata, problems, onChange, onMetadata }: FieldsProps) {
  return (
    <Stack>
      <TextInput
        label="Name"
        description="Customers see it on invoices."
        data-autofocus
        value={product.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        error={problems['name']}
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        value={product.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
        error={problems['description']}
      />
      <Disclose
        label="More options"
        isNeeded={problems['unit_label'] !== undefined || problems['metadata'] !== undefined}
      >
        <TextInput
          label="Unit label"
          description="What a unit is called on invoices, such as token or seat. At most 12 letters."
          w={260}
          value={product.unitLabel}
          onChange={(event) => onChange({ unitLabel: event.currentTarget.value })}
          error={problems['unit_label']}
        />
        <MetadataField value={metadata} onChange={onMetadata} error={problems['metadata']} />
      </Disclose>
    </Stack>
  );
}

/** The simplest prices; what was chosen among all others is told. */
function Pricing({ draft, onChange, problems, onMore }: EditorProps & { readonly onMore: () => void }) {
  return (
    <Stack>
      <Recurring draft={draft} onChange={onChange} />
      {draft.model === 'flat' ? (
        <>
          <Group align="flex-start" gap="sm">
            <MoneyInput
              label="Amount"
              w={160}
              currency={draft.currency}
              value={draft.amount}
              onChange={(amount) => onChange({ amount })}
              error={problems['unit_amount']}
            />
            <CurrencySelect draft={draft} onChange={onChange} problems={problems} />
          </Group>
          {draft.isRecurring && <BillingPeriod draft={draft} onChange={onChange} problems={problems} />}
        </>
      ) : (
        <Text fw={600}>{draftWords(draft, null) ?? 'The price is not complete yet.'}</Text>
      )}
      <Group gap="xs">
        <Button variant="default" size="xs" onClick={onMore}>
          {draft.model === 'flat' ? 'More pricing options' : 'Edit price'}
        </Button>
        {draft.model !== 'flat' && (
          <Button variant="subtle" color="gray" size="xs" onClick={() => onChange({ model: 'flat' })}>
            Use a flat rate
          </Button>
        )}
      </Group>
    </Stack>
  );
}
