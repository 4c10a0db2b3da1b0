import {
  Accordion,
  Checkbox,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { DatePickerInput } from '@mantine/dates';
import '@mantine/dates/styles.css';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { formatMoney } from '../ui/format.ts';
import type { Draft } from './draft.ts';

type Props = { readonly draft: Draft; readonly onChange: (part: Partial<Draft>) => void };

const MAX_TRIAL_DAYS = 730;
const MAX_DAYS_UNTIL_DUE = 365;

/** How it is paid, and what makes it cheaper or begin later. */
export function SettingsFieldset({ draft, onChange }: Props) {
  const isSent = draft.collection === 'send_invoice';
  return (
    <Stack>
      <Stack gap={4}>
        <Text size="sm" fw={500} id="collection">
          Collection method
        </Text>
        <SegmentedControl
          aria-labelledby="collection"
          value={draft.collection}
          onChange={(value) => onChange({ collection: value })}
          data={[
            { value: 'charge_automatically', label: 'Charge automatically' },
            { value: 'send_invoice', label: 'Send invoice' },
          ]}
        />
      </Stack>
      {isSent && (
        <NumberInput
          label="Days until due"
          description="Its invoices are to be paid so many days after they are sent."
          min={0}
          max={MAX_DAYS_UNTIL_DUE}
          allowDecimal={false}
          value={draft.daysUntilDue}
          onChange={(days) => onChange({ daysUntilDue: Number(days) || 0 })}
        />
      )}
      <Group grow align="flex-start">
        <NumberInput
          label="Trial days"
          min={0}
          max={MAX_TRIAL_DAYS}
          allowDecimal={false}
          value={draft.trialDays}
          onChange={(days) => onChange({ trialDays: Number(days) || 0 })}
        />
        <CouponSelect value={draft.coupon} onChange={(coupon) => onChange({ coupon })} />
      </Group>
    </Stack>
  );
}

type CouponProps = { readonly value: string | null; readonly onChange: (id: string | null) => void };

function CouponSelect({ value, onChange }: CouponProps) {
  const coupons = useGet<List<Stripe.Coupon>>('/v1/coupons', { limit: 100 });
  const valid = (coupons.data?.data ?? []).filter((coupon) => coupon.valid);
  return (
    <Select
      label="Coupon"
      placeholder="None"
      searchable
      clearable
      data={valid.map((coupon) => ({ value: coupon.id, label: `${coupon.name ?? coupon.id} (${offOf(coupon)})` }))}
      value={value}
      onChange={onChange}
      nothingFoundMessage="No coupon is valid"
    />
  );
}

function offOf({ percent_off: percent, amount_off: amount, currency }: Stripe.Coupon): string {
  return percent === null ? `${formatMoney(amount ?? 0, currency ?? 'usd')} off` : `${percent} % off`;
}

/** What most subscriptions leave as it is. */
export function AdvancedSettings({ draft, onChange }: Props) {
  return (
    <Accordion variant="separated" radius="md">
      <Accordion.Item value="advanced">
        <Accordion.Control>Advanced settings</Accordion.Control>
        <Accordion.Panel>
          <Stack>
            <BillingMode draft={draft} onChange={onChange} />
            <Thresholds draft={draft} onChange={onChange} />
            <Dates draft={draft} onChange={onChange} />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}

function BillingMode({ draft, onChange }: Props) {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={500} id="mode">
        Billing mode
      </Text>
      <SegmentedControl
        aria-labelledby="mode"
        value={draft.mode}
        onChange={(mode) => onChange({ mode })}
        data={[
          { value: 'flexible', label: 'Flexible' },
          { value: 'classic', label: 'Classic' },
        ]}
      />
      <Text size="xs" c="dimmed">
        Flexible prorates by what was really billed, and bills usage of items that are removed.
      </Text>
    </Stack>
  );
}

function Thresholds({ draft, onChange }: Props) {
  return (
    <Stack gap="xs">
      <TextInput
        label="Billing threshold"
        description="Invoice before the period ends, as soon as so much is owed."
        placeholder="100.00"
        inputMode="decimal"
        value={draft.thresholdAmount}
        onChange={(event) => onChange({ thresholdAmount: event.currentTarget.value })}
      />
      {draft.thresholdAmount !== '' && (
        <Checkbox
          label="Begin a new period then"
          checked={draft.resetsAnchor}
          onChange={(event) => onChange({ resetsAnchor: event.currentTarget.checked })}
        />
      )}
    </Stack>
  );
}

function Dates({ draft, onChange }: Props) {
  return (
    <Stack gap="xs">
      <DatePickerInput
        label="Start date (UTC)"
        description="A day in the past bills what was used since."
        placeholder="Now"
        clearable
        value={draft.startsOn}
        onChange={(day) => onChange({ startsOn: day })}
      />
      <DatePickerInput
        label="Billing cycle anchor (UTC)"
        description="The day from which whole periods are counted."
        placeholder="The start"
        clearable
        value={draft.anchorOn}
        onChange={(day) => onChange({ anchorOn: day })}
      />
      {draft.anchorOn !== null && (
        <Checkbox
          label="Charge a share of the price until then"
          checked={draft.prorates}
          onChange={(event) => onChange({ prorates: event.currentTarget.checked })}
        />
      )}
    </Stack>
  );
}
