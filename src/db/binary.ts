/**
 * Arrays as PostgreSQL's binary parameters. A statement that takes thousands of rows as arrays spends a third of its
 * client's time on writing them as text and some of the server's on reading it; binary is a copy. `pg` sends a Buffer as
 * a binary parameter.
 */

const HEADER_BYTES = 20;
const NULL_LENGTH = -1;
const INT8_OID = 20;
const TEXT_OID = 25;
const BYTEA_OID = 17;
const TIMESTAMPTZ_OID = 1184;
const UUID_OID = 2950;
const TWO_TO_32 = 4_294_967_296;

/** PostgreSQL counts microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MILLISECONDS = Date.UTC(2000, 0, 1);

/** A buffer for an array of one dimension from index 1, with its head written. DataView writes twice as fast as Buffer. */
function start(bytes: number, oid: number, count: number, hasNulls: boolean): { buffer: Buffer; view: DataView } {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  view.setInt32(0, 1);
  view.setInt32(4, hasNulls ? 1 : 0);
  view.setInt32(8, oid);
  view.setInt32(12, count);
  view.setInt32(16, 1);
  return { buffer, view };
}

function eightByteArray<T>(oid: number, rows: readonly T[], read: (row: T) => number | null): Buffer {
  // Room for every row; nulls leave some of it unused.
  const { buffer, view } = start(12 * rows.length, oid, rows.length, true);
  let at = HEADER_BYTES;
  for (const row of rows) {
    const value = read(row);
    if (value === null) {
      view.setInt32(at, NULL_LENGTH);
      at += 4;
      continue;
    }
    view.setInt32(at, 8);
    view.setInt32(at + 4, Math.floor(value / TWO_TO_32));
    // The remainder of a negative number is negative; setUint32 takes it as two's complement.
    view.setUint32(at + 8, value % TWO_TO_32);
    at += 12;
  }
  return at === buffer.length ? buffer : buffer.subarray(0, at);
}

/** `int8[]` of whole numbers inside ±2^53. */
export function int8Array<T>(rows: readonly T[], read: (row: T) => number | null): Buffer {
  return eightByteArray(INT8_OID, rows, read);
}

/** `int8[]` of any whole numbers that fit. */
export function bigintArray<T>(rows: readonly T[], read: (row: T) => bigint | null): Buffer {
  const { buffer, view } = start(12 * rows.length, INT8_OID, rows.length, true);
  let at = HEADER_BYTES;
  for (const row of rows) {
    const value = read(row);
    view.setInt32(at, value === null ? NULL_LENGTH : 8);
    if (value !== null) view.setBigInt64(at + 4, value);
    at += value === null ? 4 : 12;
  }
  return at === buffer.length ? buffer : buffer.subarray(0, at);
}

/** `timestamptz[]` of instants, to the microsecond, which is as fine as PostgreSQL is. */
export function instantArray<T>(rows: readonly T[], read: (row: T) => Temporal.Instant | null): Buffer {
  return eightByteArray(TIMESTAMPTZ_OID, rows, (row) => {
    const instant = read(row);
    return instant === null ? null : Number(instant.epochNanoseconds / 1000n) - POSTGRES_EPOCH_MILLISECONDS * 1000;
  });
}

/** `timestamptz[]` of unix milliseconds. */
export function timestamptzArray<T>(rows: readonly T[], read: (row: T) => number | null): Buffer {
  return eightByteArray(TIMESTAMPTZ_OID, rows, (row) => {
    const milliseconds = read(row);
    return milliseconds === null ? null : (milliseconds - POSTGRES_EPOCH_MILLISECONDS) * 1000;
  });
}

/** `uuid[]` of 32 hexadecimal digits each. */
export function uuidArray<T>(rows: readonly T[], read: (row: T) => string): Buffer {
  const { buffer, view } = start(20 * rows.length, UUID_OID, rows.length, false);
  let at = HEADER_BYTES;
  for (const row of rows) {
    view.setInt32(at, 16);
    buffer.write(read(row), at + 4, 16, 'hex');
    at += 20;
  }
  return buffer;
}

/** `text[]`. */
export function textArray<T>(rows: readonly T[], read: (row: T) => string | null): Buffer {
  const values = rows.map(read);
  let bytes = 0;
  let hasNulls = false;
  for (const value of values) {
    bytes += 4 + (value === null ? 0 : Buffer.byteLength(value));
    hasNulls ||= value === null;
  }
  const { buffer, view } = start(bytes, TEXT_OID, values.length, hasNulls);
  let at = HEADER_BYTES;
  for (const value of values) {
    const length = value === null ? NULL_LENGTH : buffer.write(value, at + 4);
    view.setInt32(at, length);
    at += 4 + Math.max(0, length);
  }
  return buffer;
}

/** `bytea[]`. */
export function byteaArray<T>(rows: readonly T[], read: (row: T) => Buffer): Buffer {
  const values = rows.map(read);
  const bytes = values.reduce((total, value) => total + 4 + value.length, 0);
  const { buffer, view } = start(bytes, BYTEA_OID, values.length, false);
  let at = HEADER_BYTES;
  for (const value of values) {
    view.setInt32(at, value.length);
    value.copy(buffer, at + 4);
    at += 4 + value.length;
  }
  return buffer;
}
