import { type ImportFormat, type ImportPosition, type Row, START } from './row.ts';
import { type Identify, RowReader } from './row_reader.ts';

/** Rows that stand next to each other, and where they end. */
export type RowBlock = { readonly rows: readonly Row[]; readonly position: ImportPosition };

type ReadOptions = {
  readonly format: ImportFormat;
  /** Where `blocks` begin in the file: a position that an earlier reading told. */
  readonly from?: ImportPosition;
  readonly identify?: Identify | undefined;
};

/**
 * The rows of a file, block by block: each is an event or says why it is none. However the file is cut into blocks, the
 * rows are the same. Throws an ImportFileError when the file as a whole is not of its format.
 */
export async function* readRows(
  blocks: AsyncIterable<Buffer> | Iterable<Buffer>,
  { format, from = START, identify }: ReadOptions,
): AsyncGenerator<RowBlock> {
  const reader = new RowReader(format, from, identify);
  let rest: Buffer = Buffer.alloc(0);
  for await (const block of blocks) {
    const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
    const { rows, consumed } = reader.read(bytes, false);
    rest = bytes.subarray(consumed);
    yield { rows, position: reader.position };
  }
  const { rows } = reader.read(rest, true);
  yield { rows, position: reader.position };
}
