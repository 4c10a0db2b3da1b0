import { Accordion, Alert, Button, Grid, Group, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate } from 'react-router';
import { useAction } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { FORMULAS, type Formula, type Meter } from './meter.ts';
import { PreviewPane } from './preview_pane.tsx';

type NewMeter = {
  display_name: string;
  event_name: string;
  formula: Formula;
  window: string;
  customerKey: string;
  valueKey: string;
  dimensions: string[];
};

/** Where the API says that a field is wrong. */
const FIELDS: Readonly<Record<string, keyof NewMeter>> = {
  display_name: 'display_name',
  event_name: 'event_name',
  'default_aggregation[formula]': 'formula',
  event_time_window: 'window',
  'customer_mapping[event_payload_key]': 'customerKey',
  'value_settings[event_payload_key]': 'valueKey',
  dimension_payload_keys: 'dimensions',
};

/** `alpaca_ai_tokens` of `Alpaca AI tokens`. */
function eventNameOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
}

export function Component() {
  const path = usePath();
  const navigate = useNavigate();
  const form = useForm<NewMeter>({
    initialValues: {
      display_name: '',
      event_name: '',
      formula: 'sum',
      window: '',
      customerKey: 'stripe_customer_id',
      valueKey: 'value',
      dimensions: [],
    },
  });
  const create = useAction(
    (client, meter: NewMeter) =>
      client.post<Meter>('/v1/usance/meters', {
        display_name: meter.display_name,
        event_name: meter.event_name,
        default_aggregation: { formula: meter.formula },
        customer_mapping: { event_payload_key: meter.customerKey, type: 'by_id' },
        value_settings: { event_payload_key: meter.valueKey },
        event_time_window: meter.window || undefined,
        dimension_payload_keys: meter.dimensions,
      }),
    { done: 'Meter created', onDone: ({ id }) => void navigate(path(`/meters/${id}`)), isQuiet: true },
  );
  const failed = create.error === null ? undefined : FIELDS[create.error.param?.replace(/\[\d+\]$/, '') ?? ''];
  const errorOf = (field: keyof NewMeter) => (failed === field ? create.error?.message : undefined);
  const { formula, display_name: name } = form.values;
  return (
    <Page title="Create meter" crumbs={[['Meters', '/meters']]}>
      <form onSubmit={form.onSubmit((meter) => create.mutate(meter))}>
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Panel>
              <Stack>
                {create.error !== null && failed === undefined && (
                  <Alert color="red" variant="light" role="alert">
                    {create.error.message}
                  </Alert>
                )}
                <TextInput
                  label="Meter name"
                  description="What it is called here, and on nothing that customers see."
                  placeholder="Alpaca AI tokens"
                  required
                  {...form.getInputProps('display_name')}
                  error={errorOf('display_name')}
                  onChange={(event) => {
                    const next = event.currentTarget.value;
                    // It follows until somebody writes another one.
                    if (form.values.event_name === eventNameOf(name))
                      form.setFieldValue('event_name', eventNameOf(next));
                    form.setFieldValue('display_name', next);
                  }}
                />
                <TextInput
                  label="Event name"
                  description="What your system names in each event that it sends. It can’t be changed later."
                  placeholder="alpaca_ai_tokens"
                  required
                  {...form.getInputProps('event_name')}
                  error={errorOf('event_name')}
                />
                <Select
                  label="Aggregation method"
                  description={FORMULAS[formula].says}
                  data={Object.entries(FORMULAS).map(([value, { label }]) => ({ value, label }))}
                  allowDeselect={false}
                  {...form.getInputProps('formula')}
                  error={errorOf('formula')}
                />
                {FORMULAS[formula].isOurs === true && (
                  <Text size="sm" c="dimmed">
                    Stripe does not have this method: its clients don’t list such a meter, and bill by it all the same.
                  </Text>
                )}
                <Advanced form={form} errorOf={errorOf} />
                <Group justify="flex-end">
                  <Button variant="default" component={Link} to={path('/meters')}>
                    Cancel
                  </Button>
                  <Button type="submit" loading={create.isPending}>
                    Create meter
                  </Button>
                </Group>
              </Stack>
            </Panel>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <PreviewPane formula={formula} />
          </Grid.Col>
        </Grid>
      </form>
    </Page>
  );
}

type AdvancedProps = {
  readonly form: ReturnType<typeof useForm<NewMeter>>;
  readonly errorOf: (field: keyof NewMeter) => string | undefined;
};

const WINDOWS = [
  { value: '', label: 'Raw: each event counts' },
  { value: 'hour', label: 'Pre-aggregated hourly: the last event of each hour counts' },
  { value: 'day', label: 'Pre-aggregated daily: the last event of each day counts' },
];

function Advanced({ form, errorOf }: AdvancedProps) {
  return (
    <Accordion variant="contained">
      <Accordion.Item value="advanced">
        <Accordion.Control>Advanced settings</Accordion.Control>
        <Accordion.Panel>
          <Stack>
            <TagsInput
              label="Dimensions"
              description="Keys of the payload that tell usage apart, such as model or region. Every event must then have them."
              placeholder="Type a key and press Enter"
              {...form.getInputProps('dimensions')}
              error={errorOf('dimensions')}
            />
            <Select
              label="Event ingestion"
              data={WINDOWS}
              allowDeselect={false}
              {...form.getInputProps('window')}
              error={errorOf('window')}
            />
            <TextInput
              label="Customer key"
              description="The key of the payload that names the customer."
              required
              {...form.getInputProps('customerKey')}
              error={errorOf('customerKey')}
            />
            <TextInput
              label="Value key"
              description="The key of the payload that holds the value."
              required
              {...form.getInputProps('valueKey')}
              error={errorOf('valueKey')}
            />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
