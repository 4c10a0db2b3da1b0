import { readFileSync } from 'node:fs';
import PDFDocument from 'pdfkit';
import { gapsIn, showable } from './coverage.ts';

const FONTS = {
  regular: readFileSync(new URL('fonts/inter-regular.ttf', import.meta.url)),
  semibold: readFileSync(new URL('fonts/inter-semibold.ttf', import.meta.url)),
} as const;

/** Points between the text and the edge of the paper; the foot of a page stands below. */
const MARGIN = 54;
const FOOT = 30;
const LINE_HEIGHT = 1.42;

export const COLORS = { ink: '#1a1f36', muted: '#596171', rule: '#dfe3e8', warning: '#8a4b0f' } as const;

export type TextStyle = {
  readonly size?: number;
  readonly bold?: boolean;
  readonly color?: string;
  /** Digits of one width, so that amounts stand below each other. */
  readonly figures?: boolean;
};

/** Pages that are written from top to bottom: what is placed at `y` belongs to the last page. Lengths are points. */
export class Sheet {
  readonly left = MARGIN;
  readonly right: number;
  y = MARGIN;
  readonly #bottom: number;
  readonly #doc: PDFKit.PDFDocument;
  readonly #chunks: Buffer[] = [];
  /** True once a question mark stands for a character that the fonts lack. */
  hasGaps = false;
  /** Widths of numbers by size and text: shaping them costs the most, and each is measured and then placed. */
  readonly #widths = new Map<string, number>();

  constructor(options: { readonly paper: 'A4' | 'LETTER'; readonly title: string; readonly author: string }) {
    const { paper, title, author } = options;
    this.#doc = new PDFDocument({
      size: paper,
      margin: 0,
      bufferPages: true,
      lang: 'en-US',
      displayTitle: true,
      info: { Title: title, Author: author, Producer: 'Usance', Creator: 'Usance' },
    });
    this.#doc.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    for (const [name, font] of Object.entries(FONTS)) this.#doc.registerFont(name, font);
    this.right = this.#doc.page.width - MARGIN;
    this.#bottom = this.#doc.page.height - MARGIN - 12;
  }

  get width(): number {
    return this.right - this.left;
  }

  /** Begins a page unless `height` is left on this one. True where it did. */
  need(height: number): boolean {
    if (this.y + height <= this.#bottom) return false;
    this.#doc.addPage();
    this.y = MARGIN;
    return true;
  }

  /** Writes one line, of characters that the fonts have, without moving the cursor. It begins or ends at `x`. */
  put(text: string, x: number, style: TextStyle = {}, align: 'left' | 'right' = 'left'): void {
    this.#use(style);
    const start = align === 'left' ? x : x - this.#widthOf(text, style);
    this.#doc.fillColor(style.color ?? COLORS.ink).text(text, start, this.y, { ...optionsOf(style), lineBreak: false });
  }

  /** Moves the cursor past a line of that size. */
  advance({ size = 9 }: TextStyle = {}): void {
    this.y += lineHeight(size);
  }

  rule(): void {
    this.#doc.moveTo(this.left, this.y).lineTo(this.right, this.y).lineWidth(0.6).strokeColor(COLORS.rule).stroke();
  }

  /** Breaks text into lines that fit: at spaces, and within a word that is wider than a line, as in Chinese. */
  wrap(text: string, width: number, style: TextStyle = {}): string[] {
    this.#use(style);
    return text.split(/\r\n|[\n\r\u2028\u2029]/).flatMap((paragraph) => {
      const lines: string[] = [];
      let line = '';
      this.hasGaps ||= gapsIn(paragraph) > 0;
      for (const word of showable(paragraph.replaceAll(/\s+/g, ' ')).split(' ').filter(Boolean)) {
        const longer = line === '' ? word : `${line} ${word}`;
        if (this.#widthOf(longer, style) <= width) {
          line = longer;
          continue;
        }
        if (line !== '') lines.push(line);
        line = word;
        while (this.#widthOf(line, style) > width) {
          const head = this.#longestHead(line, width, style);
          lines.push(head);
          line = line.slice(head.length);
        }
      }
      return [...lines, line];
    });
  }

  /** Numbers the pages, below `text`, and ends the file. */
  async finish(text: string): Promise<Buffer> {
    const { count } = this.#doc.bufferedPageRange();
    const style = { size: 8, color: COLORS.muted };
    const [line = ''] = this.wrap(text, this.width - 80, style);
    for (let page = 0; page < count; page++) {
      this.#doc.switchToPage(page);
      this.y = this.#doc.page.height - FOOT - 12;
      this.rule();
      this.y += 7;
      this.put(line, this.left, style);
      this.put(`Page ${page + 1} of ${count}`, this.right, style, 'right');
    }
    const ended = new Promise((resolve) => this.#doc.once('end', resolve));
    this.#doc.end();
    await ended;
    return Buffer.concat(this.#chunks);
  }

  /** The width of a line of text. */
  measure(text: string, style: TextStyle): number {
    this.#use(style);
    return this.#widthOf(text, style);
  }

  #use({ size = 9, bold = false }: TextStyle): void {
    this.#doc.font(bold ? 'semibold' : 'regular').fontSize(size);
  }

  #widthOf(text: string, style: TextStyle): number {
    if (style.figures !== true) return this.#doc.widthOfString(text);
    const key = `${style.size} ${style.bold} ${text}`;
    const width = this.#widths.get(key) ?? this.#doc.widthOfString(text, optionsOf(style));
    this.#widths.set(key, width);
    return width;
  }

  /** The longest beginning of a word that fits, of whole characters and of one at least. */
  #longestHead(word: string, width: number, style: TextStyle): string {
    const characters = [...SEGMENTS.segment(word)].map(({ segment }) => segment);
    let [fits, beyond] = [1, characters.length];
    while (beyond - fits > 1) {
      const middle = Math.floor((fits + beyond) / 2);
      if (this.#widthOf(characters.slice(0, middle).join(''), style) <= width) fits = middle;
      else beyond = middle;
    }
    return characters.slice(0, fits).join('');
  }
}

/** Characters as people see them, so that none is torn apart. */
const SEGMENTS = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function lineHeight(size: number): number {
  return size * LINE_HEIGHT;
}

function optionsOf({ figures = false }: TextStyle): PDFKit.Mixins.TextOptions {
  return figures ? { features: ['tnum'] } : {};
}
