import {
  Alert,
  Anchor,
  Group,
  Input,
  NumberInput,
  Radio,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { Link } from 'react-router';
import { usePath } from '../session/space.ts';
import { Disclose } from '../ui/disclose.tsx';
import type { Problems } from '../ui/problems.ts';
import { type Model, type Period, type PriceDraft, type Structure, structureOf } from './draft.ts';
import { CurrencySelect } from './currency_select.tsx';
import { MeterSelect, useMeters } from './meter_select.tsx';
import { MoneyInput } from './money_input.tsx';
import { TierGrid } from './tier_grid.tsx';

export type EditorProps = {
  readonly draft: PriceDraft;
  readonly onChange: (change: Partial<PriceDraft>) => void;
  readonly problems: Problems;
};

const MODELS: readonly (readonly [Model, string, string])[] = [
  ['flat', 'Flat rate', 'The same price for each unit, known in advance.'],
  ['package', 'Package pricing', 'A price for each package of units, as 5 seats.'],
  ['tiered', 'Tiered pricing', 'The price of a unit depends on how many are bought.'],
  ['usage', 'Usage-based', 'Bills what a meter counted, at the end of the period.'],
];

const STRUCTURES: readonly (readonly [Structure, string, string])[] = [
  ['per_unit', 'Per unit', 'Each unit costs the same.'],
  ['per_package', 'Per package', 'Each group of units that is begun costs the same.'],
  ['per_tier', 'Per tier', 'The price of a unit changes with usage.'],
];

const PERIODS: readonly (readonly [Period, string])[] = [
  ['day', 'Daily'],
  ['week', 'Weekly'],
  ['month', 'Monthly'],
  ['3 month', 'Every 3 months'],
  ['6 month', 'Every 6 months'],
  ['year', 'Yearly'],
  ['custom', 'Custom'],
];

/** All that makes a price. */
export function PriceEditor(props: EditorProps) {
  const { draft, onChange, problems } = props;
  return (
    <Stack>
      <Recurring draft={draft} onChange={onChange} />
      <PricingModel {...props} />
      {draft.model === 'usage' && (
        <Choice
          label="Choose your pricing structure"
          value={draft.structure}
          of={STRUCTURES}
          onChange={(structure) => onChange({ structure })}
        />
      )}
      <Amounts {...props} />
      {draft.model === 'usage' && <Meter {...props} />}
      {draft.isRecurring && <BillingPeriod {...props} />}
      <Disclose
        label="Advanced"
        isNeeded={['tax_behavior', 'lookup_key', 'nickname'].some((field) => field in problems)}
      >
        <AdvancedPrice {...props} />
      </Disclose>
    </Stack>
  );
}

/** Whether it is charged again each period. */
export function Recurring({ draft, onChange }: Omit<EditorProps, 'problems'>) {
  return (
    <SegmentedControl
      aria-label="How often it is charged"
      data={[
        { value: 'recurring', label: 'Recurring' },
        { value: 'one_time', label: 'One-off' },
      ]}
      value={draft.isRecurring ? 'recurring' : 'one_time'}
      onChange={(value) => onChange({ isRecurring: value === 'recurring' })}
      w={240}
    />
  );
}

/** What is charged once knows no tiers and no usage. */
function PricingModel({ draft, onChange }: EditorProps) {
  const offered = MODELS.filter(([model]) => draft.isRecurring || model === 'flat' || model === 'package');
  return (
    <Choice
      label="Choose your pricing model"
      value={draft.model}
      of={offered}
      onChange={(model) => onChange({ model })}
    />
  );
}

type ChoiceProps<T> = {
  readonly label: string;
  readonly value: T;
  readonly of: readonly (readonly [T, string, string])[];
  readonly onChange: (value: T) => void;
};

function Choice<T extends string>({ label, value, of, onChange }: ChoiceProps<T>) {
  return (
    <Radio.Group label={label} value={value} onChange={onChange}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" verticalSpacing="xs" mt={6}>
        {of.map(([choice, name, description]) => (
          <Radio key={choice} value={choice} label={name} description={description} />
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

/** What a unit, a package or the tiers cost. */
function Amounts(props: EditorProps) {
  const { draft, onChange, problems } = props;
  const structure = structureOf(draft);
  if (structure === 'per_tier') {
    return (
      <Stack gap="xs" role="group" aria-label="Price">
        <Group justify="space-between" align="flex-end">
          <div>
            <Input.Label component="div" display="block" mb={4}>
              Tiers
            </Input.Label>
            <SegmentedControl
              aria-label="How tiers are applied"
              data={[
                { value: 'graduated', label: 'Graduated' },
                { value: 'volume', label: 'Volume' },
              ]}
              value={draft.tiersMode}
              onChange={(mode) => onChange({ tiersMode: mode })}
            />
          </div>
          <CurrencySelect {...props} />
        </Group>
        <Text size="xs" c="dimmed">
          {draft.tiersMode === 'graduated'
            ? 'Each unit costs what its own tier says.'
            : 'All units cost what the tier says that the whole quantity falls into.'}
        </Text>
        <TierGrid draft={draft} problems={problems} onChange={(tiers) => onChange({ tiers })} />
      </Stack>
    );
  }
  return (
    <Stack gap={4} role="group" aria-label="Price">
      <Input.Label component="div" display="block">
        Price
      </Input.Label>
      <Group align="flex-start" gap="sm">
        <MoneyInput
          label="Amount"
          w={160}
          currency={draft.currency}
          value={draft.amount}
          onChange={(amount) => onChange({ amount })}
          error={problems['unit_amount']}
        />
        <CurrencySelect {...props} />
        {structure === 'per_package' && (
          <NumberInput
            label="Units per package"
            w={160}
            rightSection={
              <Text size="sm" c="dimmed" pr="sm">
                units
              </Text>
            }
            rightSectionWidth={52}
            rightSectionPointerEvents="none"
            allowDecimal={false}
            allowNegative={false}
            thousandSeparator=","
            value={draft.packageSize}
            onChange={(size) => onChange({ packageSize: String(size) })}
            error={problems['transform_quantity[divide_by]']}
          />
        )}
      </Group>
    </Stack>
  );
}

/** What is billed, and on meters with dimensions which part of it. */
function Meter({ draft, onChange, problems }: EditorProps) {
  const path = usePath();
  const meters = useMeters();
  const keys = meters.data?.find(({ id }) => id === draft.meter)?.dimension_payload_keys ?? [];
  return (
    <>
      <MeterSelect
        value={draft.meter}
        onChange={(meter) => onChange({ meter, dimensions: {} })}
        error={problems['recurring[meter]']}
        description={
          <>
            What it counts is what is billed.{' '}
            <Anchor component={Link} to={path('/meters/create')} target="_blank" size="xs" underline="always">
              Create meter
            </Anchor>
          </>
        }
      />
      {keys.length > 0 && (
        <Stack gap={4} role="group" aria-label="Only usage where">
          <Input.Label component="div" display="block">
            Only usage where
          </Input.Label>
          <Group align="flex-start" gap="sm">
            {keys.map((key) => (
              <TextInput
                key={key}
                label={key}
                placeholder="Any value"
                w={180}
                value={draft.dimensions[key] ?? ''}
                onChange={(event) =>
                  onChange({ dimensions: { ...draft.dimensions, [key]: event.currentTarget.value } })
                }
                error={problems[`dimension_filter[${key}]`]}
              />
            ))}
          </Group>
        </Stack>
      )}
    </>
  );
}

export function BillingPeriod({ draft, onChange, problems }: EditorProps) {
  return (
    <Group align="flex-start" gap="sm">
      <Select
        label="Billing period"
        w={200}
        allowDeselect={false}
        data={PERIODS.map(([value, label]) => ({ value, label }))}
        value={draft.period}
        onChange={(period) => onChange({ period: period as Period })}
      />
      {draft.period === 'custom' && (
        <>
          <TextInput
            label="Every"
            w={80}
            inputMode="numeric"
            value={draft.customCount}
            onChange={(event) => onChange({ customCount: event.currentTarget.value })}
            error={problems['recurring[interval_count]']}
          />
          <Select
            label="Interval"
            w={120}
            allowDeselect={false}
            data={['day', 'week', 'month', 'year'].map((value) => ({ value, label: `${value}s` }))}
            value={draft.customInterval}
            onChange={(interval) => onChange({ customInterval: interval as PriceDraft['customInterval'] })}
          />
        </>
      )}
    </Group>
  );
}

/** What few prices need. */
function AdvancedPrice({ draft, onChange, problems }: EditorProps) {
  return (
    <Stack>
      <Select
        label="Tax behavior"
        description="Whether tax is part of the price. Once chosen it stays."
        allowDeselect={false}
        data={[
          { value: 'unspecified', label: 'Not chosen' },
          { value: 'exclusive', label: 'Exclusive: tax comes on top' },
          { value: 'inclusive', label: 'Inclusive: tax is in the price' },
        ]}
        value={draft.taxBehavior}
        onChange={(behavior) => onChange({ taxBehavior: behavior as PriceDraft['taxBehavior'] })}
        error={problems['tax_behavior']}
      />
      <TextInput
        label="Lookup key"
        description="Your code finds the price by it, whatever its ID."
        value={draft.lookupKey}
        onChange={(event) => onChange({ lookupKey: event.currentTarget.value })}
        error={problems['lookup_key']}
      />
      <TextInput
        label="Nickname"
        description="Only you see it."
        value={draft.nickname}
        onChange={(event) => onChange({ nickname: event.currentTarget.value })}
        error={problems['nickname']}
      />
    </Stack>
  );
}

/** What the API says of no field in particular. */
export function FormFailure({ message }: { readonly message: string | undefined }) {
  if (message === undefined) return null;
  return (
    <Alert color="red" variant="light" role="alert">
      {message}
    </Alert>
  );
}
