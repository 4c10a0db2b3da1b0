import { Alert, Anchor, Button, FileInput, Group, List as Bullets, Modal, Progress, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useAction, useClient } from '../api/hooks.ts';
import { download } from '../ui/columns.ts';
import { formatNumber } from '../ui/format.ts';
import type { Meter } from './meter.ts';

type Props = { readonly meter: Meter; readonly onClose: () => void };

type ImportAnswer = {
  readonly counted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly has_more_errors: boolean;
  readonly errors: readonly { readonly line: number; readonly code: string; readonly message: string }[];
};

const SHOWN_ERRORS = 5;

/** A file of events. Sent again it counts nothing twice. */
export function UploadCsv({ meter, onClose }: Props) {
  const client = useClient();
  const [file, setFile] = useState<File | null>(null);
  const upload = useAction(
    (_client, chosen: File) => client.upload<ImportAnswer>('/v1/usance/event_imports', chosen, 'text/csv'),
    {
      isQuiet: true,
    },
  );
  return (
    <Modal opened onClose={onClose} title="Upload CSV" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (file !== null) upload.mutate(file);
        }}
      >
        <Stack>
          <Text size="sm">
            One event a line. Without a timestamp it happens now; with an identifier it counts once, however often it is
            sent.{' '}
            <Anchor
              component="button"
              type="button"
              size="sm"
              onClick={() => download(`${meter.event_name}.csv`, templateOf(meter))}
            >
              Download a template
            </Anchor>
          </Text>
          <FileInput
            label="File"
            placeholder="Choose a .csv file"
            accept=".csv,text/csv"
            value={file}
            onChange={setFile}
            required
            clearable
          />
          {upload.isPending && <Progress value={100} animated aria-label="Uploading" />}
          {upload.error !== null && (
            <Alert color="red" variant="light" role="alert">
              {upload.error.message}
            </Alert>
          )}
          {upload.data !== undefined && <Result of={upload.data} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {upload.data === undefined ? 'Cancel' : 'Close'}
            </Button>
            <Button type="submit" loading={upload.isPending} disabled={file === null}>
              Upload
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function templateOf({
  event_name: name,
  customer_mapping: mapping,
  value_settings: settings,
  dimension_payload_keys: keys,
}: Meter): string {
  const payload = [mapping.event_payload_key, settings.event_payload_key, ...keys];
  const columns = ['identifier', 'timestamp', 'event_name', ...payload.map((key) => `payload_${key}`)];
  const example = ['call-1', new Date().toISOString().slice(0, 19) + 'Z', name, 'cus_…', '25', ...keys.map(() => '')];
  return `${columns.join(',')}\n${example.join(',')}\n`;
}

function Result({ of }: { readonly of: ImportAnswer }) {
  const { counted, duplicates, rejected, errors } = of;
  return (
    <Alert
      color={rejected === 0 ? 'teal' : 'orange'}
      variant="light"
      role="status"
      title={`${formatNumber(counted)} counted`}
    >
      <Stack gap={6}>
        {duplicates > 0 && <Text size="sm">{formatNumber(duplicates)} had been counted before.</Text>}
        {rejected > 0 && (
          <>
            <Text size="sm">{formatNumber(rejected)} can’t be counted:</Text>
            <Bullets size="sm">
              {errors.slice(0, SHOWN_ERRORS).map(({ line, message }) => (
                <Bullets.Item key={line}>{`Line ${line}: ${message}`}</Bullets.Item>
              ))}
            </Bullets>
            <Anchor
              component="button"
              type="button"
              size="sm"
              ta="left"
              onClick={() => download('rejected.csv', errorsCsv(of))}
            >
              Download {of.has_more_errors ? 'the first' : 'all'} {formatNumber(errors.length)}
            </Anchor>
          </>
        )}
      </Stack>
    </Alert>
  );
}

function errorsCsv({ errors }: ImportAnswer): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return ['line,code,message', ...errors.map(({ line, code, message }) => [line, code, quote(message)].join(','))].join(
    '\r\n',
  );
}
