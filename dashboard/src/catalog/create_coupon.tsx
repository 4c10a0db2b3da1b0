import { Group, Select, SegmentedControl, TextInput } from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import '@mantine/dates/styles.css';
import { useForm } from '@mantine/form';
import { useNavigate } from 'react-router';
import type Stripe from 'stripe';
import type { Params } from '../api/form.ts';
import { useAction } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import { CURRENCY_CHOICES } from '../ui/currencies.ts';
import { Disclose } from '../ui/disclose.tsx';
import { FormModal } from '../ui/form_modal.tsx';
import { parseMoney } from '../ui/format.ts';
import { problemsIn, secondsOf } from '../ui/problems.ts';
import { MoneyInput } from './money_input.tsx';
import { ProductsSelect } from './products_select.tsx';

const INITIAL = {
  name: '',
  id: '',
  kind: 'percent',
  percent: '',
  amount: '',
  currency: 'usd',
  duration: 'once',
  months: '3',
  products: [] as string[],
  maxRedemptions: '',
  redeemBy: null as string | null,
};

type NewCoupon = typeof INITIAL;

const FIELDS = [
  'name',
  'id',
  'percent_off',
  'amount_off',
  'currency',
  'duration_in_months',
  'applies_to[products]',
  'max_redemptions',
  'redeem_by',
];

export function CreateCoupon({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate();
  const path = usePath();
  const form = useForm<NewCoupon>({
    initialValues: INITIAL,
    validate: {
      percent: (text, { kind }) => (kind === 'percent' && text.trim() === '' ? 'Enter a percentage.' : null),
      amount: (text, { kind, currency }) =>
        kind === 'amount' && parseMoney(text, currency) === undefined ? 'Enter an amount, such as 10.' : null,
    },
  });
  const create = useAction((client, coupon: NewCoupon) => client.post<Stripe.Coupon>('/v1/coupons', paramsOf(coupon)), {
    done: 'Coupon created',
    onDone: ({ id }) => void navigate(path(`/coupons/${encodeURIComponent(id)}`)),
    isQuiet: true,
  });
  const { at, rest } = problemsIn(create.error, FIELDS);
  const { kind, currency, duration, products, amount } = form.values;
  return (
    <FormModal
      title="Create coupon"
      submit="Create coupon"
      opened
      onClose={onClose}
      onSubmit={form.onSubmit((coupon) => create.mutate(coupon))}
      isPending={create.isPending}
      error={rest}
    >
      <TextInput
        label="Name"
        description="Customers see it on invoices."
        data-autofocus
        {...form.getInputProps('name')}
        error={at('name')}
      />
      <SegmentedControl
        aria-label="Type"
        data={[
          { value: 'percent', label: 'Percentage' },
          { value: 'amount', label: 'Fixed amount' },
        ]}
        {...form.getInputProps('kind')}
      />
      {kind === 'percent' ? (
        <TextInput
          label="Percentage off"
          inputMode="decimal"
          rightSection="%"
          {...form.getInputProps('percent')}
          error={form.errors['percent'] ?? at('percent_off')}
        />
      ) : (
        <Group align="flex-start" grow>
          <MoneyInput
            label="Amount off"
            currency={currency}
            value={amount}
            onChange={(text) => form.setFieldValue('amount', text)}
            error={form.errors['amount'] ?? at('amount_off')}
          />
          <Select
            label="Currency"
            searchable
            allowDeselect={false}
            data={CURRENCY_CHOICES}
            {...form.getInputProps('currency')}
            error={at('currency')}
          />
        </Group>
      )}
      <Group align="flex-start" grow>
        <Select
          label="Duration"
          allowDeselect={false}
          data={[
            { value: 'once', label: 'Once' },
            { value: 'repeating', label: 'Multiple months' },
            { value: 'forever', label: 'Forever' },
          ]}
          {...form.getInputProps('duration')}
        />
        {duration === 'repeating' && (
          <TextInput
            label="Number of months"
            inputMode="numeric"
            {...form.getInputProps('months')}
            error={at('duration_in_months')}
          />
        )}
      </Group>
      <ProductsSelect
        label="Products"
        description="Only what is on invoices for them gets cheaper. Without a choice, everything does."
        value={products}
        onChange={(ids) => form.setFieldValue('products', ids)}
        error={at('applies_to[products]')}
      />
      <Disclose
        label="Limits and ID"
        isNeeded={['max_redemptions', 'redeem_by', 'id'].some((param) => at(param) !== undefined)}
      >
        <TextInput
          label="Most redemptions"
          description="By all customers together."
          inputMode="numeric"
          {...form.getInputProps('maxRedemptions')}
          error={at('max_redemptions')}
        />
        <DateTimePicker
          label="Redeem by (UTC)"
          placeholder="No end"
          clearable
          {...form.getInputProps('redeemBy')}
          error={at('redeem_by')}
        />
        <TextInput
          label="ID"
          description="What your code calls it by. Without one, we make one up."
          {...form.getInputProps('id')}
          error={at('id')}
        />
      </Disclose>
    </FormModal>
  );
}

function paramsOf(coupon: NewCoupon): Params {
  const off =
    coupon.kind === 'percent'
      ? { percent_off: coupon.percent.trim() }
      : { amount_off: parseMoney(coupon.amount, coupon.currency), currency: coupon.currency };
  return {
    ...off,
    name: coupon.name.trim() || undefined,
    id: coupon.id.trim() || undefined,
    duration: coupon.duration,
    duration_in_months: coupon.duration === 'repeating' ? coupon.months.trim() : undefined,
    applies_to: coupon.products.length === 0 ? undefined : { products: coupon.products },
    max_redemptions: coupon.maxRedemptions.trim() || undefined,
    redeem_by: secondsOf(coupon.redeemBy),
  };
}
