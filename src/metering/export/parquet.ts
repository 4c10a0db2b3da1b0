import type { FileHandle } from 'node:fs/promises';
import { ByteWriter, parquetWriteRows } from 'hyparquet-writer';
import { PARQUET_GROUP_EVENTS } from '../../limits.ts';
import type { ExportedEvent } from './exported_event.ts';
import type { EventBatches } from './text_formats.ts';

/** Every column of an event. `value` is text, because no number of Parquet holds all of its digits. */
const COLUMNS = [
  { name: 'identifier', type: 'STRING', nullable: false },
  { name: 'timestamp', type: 'TIMESTAMP', nullable: false },
  { name: 'event_name', type: 'STRING', nullable: false },
  { name: 'payload', type: 'JSON', nullable: false },
  { name: 'account', type: 'STRING', nullable: false },
  { name: 'meter', type: 'STRING', nullable: false },
  { name: 'customer', type: 'STRING', nullable: false },
  { name: 'value', type: 'STRING', nullable: false },
  { name: 'sequence', type: 'INT64', nullable: false },
  { name: 'received_at', type: 'TIMESTAMP', nullable: false },
  // Set: the event was cancelled and counts no more.
  { name: 'cancelled_at', type: 'TIMESTAMP', nullable: true },
] as const;

/** Writes the events as one Parquet file, compressed by Snappy, a row group at a time. */
export async function writeParquet(file: FileHandle, accountId: string, batches: EventBatches): Promise<void> {
  await parquetWriteRows({
    writer: new FileByteWriter(file),
    // The library adds nothing to the objects of this list.
    columns: COLUMNS.map((column) => ({ ...column })),
    rows: toRows(accountId, batches),
    rowGroupSize: PARQUET_GROUP_EVENTS,
  });
}

async function* toRows(accountId: string, batches: EventBatches) {
  for await (const events of batches) for (const event of events) yield toRow(accountId, event);
}

function toRow(accountId: string, event: ExportedEvent) {
  return {
    identifier: event.identifier,
    timestamp: event.eventAtMs,
    event_name: event.eventName,
    payload: event.payload,
    account: accountId,
    meter: event.meterId,
    customer: event.customerId,
    value: event.value,
    sequence: event.sequence,
    received_at: event.receivedAtMs,
    cancelled_at: event.cancelledAtMs,
  };
}

/** Hands every row group to the file; the library waits for that before it encodes the next. */
class FileByteWriter extends ByteWriter {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    super();
    this.#file = file;
  }

  async flush(): Promise<void> {
    await this.#file.writeFile(this.getBytes());
    this.index = 0;
  }

  override async finish(): Promise<void> {
    await this.flush();
  }
}
