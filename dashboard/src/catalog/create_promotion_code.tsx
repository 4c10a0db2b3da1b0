import { Checkbox, Group, Select, TextInput } from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import '@mantine/dates/styles.css';
import { useForm } from '@mantine/form';
import type Stripe from 'stripe';
import type { Params } from '../api/form.ts';
import { useAction } from '../api/hooks.ts';
import { CustomerSelect } from '../customers/customer_select.tsx';
import { CURRENCY_CHOICES } from '../ui/currencies.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { parseMoney } from '../ui/format.ts';
import { problemsIn, secondsOf } from '../ui/problems.ts';
import { MoneyInput } from './money_input.tsx';

type Props = { readonly couponId: string; readonly onClose: () => void };

const INITIAL = {
  code: '',
  customer: null as string | null,
  maxRedemptions: '',
  expiresAt: null as string | null,
  isFirstTime: false,
  minimum: '',
  currency: 'usd',
};

type NewCode = typeof INITIAL;

const FIELDS = ['code', 'customer', 'max_redemptions', 'expires_at', 'restrictions[minimum_amount]'];

export function CreatePromotionCode({ couponId, onClose }: Props) {
  const form = useForm<NewCode>({
    initialValues: INITIAL,
    validate: {
      minimum: (text, { currency }) =>
        text.trim() !== '' && parseMoney(text, currency) === undefined ? 'Enter an amount, such as 50.' : null,
    },
  });
  const create = useAction(
    (client, code: NewCode) =>
      client.post<Stripe.PromotionCode>('/v1/promotion_codes', {
        promotion: { type: 'coupon', coupon: couponId },
        ...paramsOf(code),
      }),
    { done: 'Promotion code created', onDone: onClose, isQuiet: true },
  );
  const { at, rest } = problemsIn(create.error, FIELDS);
  const { customer, minimum, currency } = form.values;
  return (
    <FormModal
      title="Create promotion code"
      submit="Create promotion code"
      opened
      onClose={onClose}
      onSubmit={form.onSubmit((code) => create.mutate(code))}
      isPending={create.isPending}
      error={rest}
    >
      <TextInput
        label="Code"
        description="What customers type, in capitals or not. Without one, we make one up."
        data-autofocus
        placeholder="WELCOME"
        {...form.getInputProps('code')}
        error={at('code')}
      />
      <CustomerSelect
        value={customer}
        onChange={(id) => form.setFieldValue('customer', id)}
        error={at('customer')}
        label="Only for customer"
      />
      <TextInput
        label="Most redemptions"
        inputMode="numeric"
        {...form.getInputProps('maxRedemptions')}
        error={at('max_redemptions')}
      />
      <DateTimePicker
        label="Expires (UTC)"
        placeholder="No end"
        clearable
        {...form.getInputProps('expiresAt')}
        error={at('expires_at')}
      />
      <Group align="flex-start" grow>
        <MoneyInput
          label="Only for orders of at least"
          currency={currency}
          value={minimum}
          onChange={(text) => form.setFieldValue('minimum', text)}
          error={form.errors['minimum'] ?? at('restrictions[minimum_amount]')}
        />
        <Select
          label="Currency"
          searchable
          allowDeselect={false}
          data={CURRENCY_CHOICES}
          {...form.getInputProps('currency')}
        />
      </Group>
      <Checkbox
        label="Only for the first order of a customer"
        {...form.getInputProps('isFirstTime', { type: 'checkbox' })}
      />
    </FormModal>
  );
}

function paramsOf({ code, customer, maxRedemptions, expiresAt, isFirstTime, minimum, currency }: NewCode): Params {
  const amount = minimum.trim() === '' ? undefined : parseMoney(minimum, currency);
  return {
    code: code.trim() || undefined,
    customer,
    max_redemptions: maxRedemptions.trim() || undefined,
    expires_at: secondsOf(expiresAt),
    restrictions: {
      first_time_transaction: isFirstTime || undefined,
      minimum_amount: amount,
      minimum_amount_currency: amount === undefined ? undefined : currency,
    },
  };
}
