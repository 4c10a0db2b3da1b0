import { type FileHandle, open, rm } from 'node:fs/promises';
import type { RejectedRow } from './row.ts';

const HEADER = 'line,code,message,original\n';

/** The rows that were rejected, as a CSV. It exists only when there are any. */
export class RejectedFile {
  readonly path: string;
  #handle: FileHandle | undefined;
  #bytes = 0;

  private constructor(path: string) {
    this.path = path;
  }

  /** Begins anew, or behind the first `keptBytes`, which an earlier run wrote. */
  static async open(path: string, keptBytes: number): Promise<RejectedFile> {
    const file = new RejectedFile(path);
    if (keptBytes === 0) {
      await rm(path, { force: true });
      return file;
    }
    file.#handle = await open(path, 'r+');
    await file.#handle.truncate(keptBytes);
    file.#bytes = keptBytes;
    return file;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async add(rows: readonly RejectedRow[]): Promise<void> {
    if (rows.length === 0) return;
    this.#handle ??= await open(this.path, 'w');
    const lines = rows.map(({ line, code, message, text }) => [String(line), code, message, text].map(quote).join(','));
    const text = `${this.#bytes === 0 ? HEADER : ''}${lines.join('\n')}\n`;
    const { bytesWritten } = await this.#handle.write(text, this.#bytes);
    this.#bytes += bytesWritten;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
