import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_IMPORT_ROW_BYTES } from '../../limits.ts';
import type { EventInput } from '../event_input.ts';
import { readRows } from './read_rows.ts';
import type { ImportFormat, ImportPosition, Row } from './row.ts';

const HEADER = 'identifier,timestamp,event_name,payload_who,payload_value\n';

/** All rows of a file that arrives in these pieces. */
async function rowsOf(format: ImportFormat, ...pieces: (string | Buffer)[]): Promise<Row[]> {
  const rows: Row[] = [];
  const blocks = pieces.map((piece) => Buffer.from(piece));
  for await (const block of readRows(blocks, { format, identify: (offset) => `at_${offset}` }))
    rows.push(...block.rows);
  return rows;
}

/** Rows as a test says them: `2 ok` or `3 code`. */
async function verdicts(format: ImportFormat, ...pieces: (string | Buffer)[]): Promise<string[]> {
  return (await rowsOf(format, ...pieces)).map((row) => `${row.line} ${'code' in row ? row.code : 'ok'}`);
}

async function eventsOf(format: ImportFormat, file: string | Buffer): Promise<EventInput[]> {
  return (await rowsOf(format, file)).map((row) => {
    if ('code' in row) throw new Error(`${row.line}: ${row.message}`);
    return row.input;
  });
}

const GOOD = 'i1,1700000000,tokens,cus_1,5';
const FIRST = {
  identifier: 'i1',
  timestampMs: 1_700_000_000_000,
  eventName: 'tokens',
  payload: { who: 'cus_1', value: '5' },
};

describe('CSV', () => {
  test('columns in any order, with identifier and timestamp left out; an empty cell is absent', async () => {
    expect(await eventsOf('csv', `${HEADER}${GOOD}\n`)).toEqual([FIRST]);
    expect(await eventsOf('csv', 'payload_who,event_name\ncus_1,calls\n')).toEqual([
      { identifier: 'at_23', timestampMs: undefined, eventName: 'calls', payload: { who: 'cus_1' } },
    ]);
    expect(await eventsOf('csv', `${HEADER},,tokens,cus_1,\n`)).toEqual([
      { identifier: 'at_58', timestampMs: undefined, eventName: 'tokens', payload: { who: 'cus_1' } },
    ]);
  });

  test.each<[string, string | Buffer, string[]]>([
    ['CRLF and no end of the last line', `${HEADER}${GOOD}\n${GOOD}`.replaceAll('\n', '\r\n'), ['2 ok', '3 ok']],
    ['a byte order mark', `\ufeff${HEADER}${GOOD}\n`, ['2 ok']],
    ['empty lines', `\n${HEADER}\n\r\n${GOOD}\n\n`, ['5 ok']],
    ['a quoted cell over two lines', `${HEADER}i1,,"to\nkens",cus_1,5\n${GOOD}\n`, ['2 ok', '4 ok']],
    ['quoted commas and quotes', `${HEADER}i1,,"a,""b""",cus_1,"5"\r\n${GOOD}\n`, ['2 ok', '3 ok']],
    ['a quote inside a cell', `${HEADER}i1,,to"kens,cus_1,5\n${GOOD}\n`, ['2 invalid_csv', '3 ok']],
    ['text behind a closing quote', `${HEADER}i1,,"to"kens,cus_1,5\n${GOOD}\n`, ['2 invalid_csv', '3 ok']],
    ['a quote that is not closed', `${HEADER}i1,,"tokens,cus_1,5\n${GOOD}\n`, ['2 invalid_csv', '3 ok']],
    ['an end inside a quoted cell', `${HEADER}${GOOD}\ni2,,"tok`, ['2 ok', '3 truncated_row']],
    ['an end inside a row', `${HEADER}${GOOD}\ni2,,tok`, ['2 ok', '3 truncated_row']],
    ['too few cells', `${HEADER}i1,,tokens\n${GOOD}\n`, ['2 wrong_column_count', '3 ok']],
    ['too many cells', `${HEADER}${GOOD},6\n${GOOD}\n`, ['2 wrong_column_count', '3 ok']],
    ['no event name', `${HEADER}i1,,,cus_1,5\n${GOOD}\n`, ['2 parameter_missing', '3 ok']],
    ['a bad time', `${HEADER}i1,yesterday,tokens,cus_1,5\n${GOOD}\n`, ['2 invalid_timestamp', '3 ok']],
    ['a NUL', `${HEADER}i1,,tokens,cus\0_1,5\n${GOOD}\n`, ['2 invalid_string', '3 ok']],
    ['a long identifier', `${HEADER}${'i'.repeat(101)},,tokens,cus_1,5\n`, ['2 invalid_string']],
    ['a long value', `${HEADER}i1,,tokens,cus_1,${'5'.repeat(501)}\n`, ['2 invalid_payload']],
    ['40 digits, which the meter judges', `${HEADER}i1,,tokens,cus_1,${'9'.repeat(40)}\n`, ['2 ok']],
    [
      'bytes that are no UTF-8 between rows that are',
      Buffer.concat([
        Buffer.from(`${HEADER}é,,tokens,ü,5\n`),
        Buffer.from('i\xff,,tokens,c,5\n', 'latin1'),
        Buffer.from(`${GOOD}\n`),
      ]),
      ['2 ok', '3 invalid_encoding', '4 ok'],
    ],
    [
      'a row beyond the bound',
      `${HEADER}${'x'.repeat(MAX_IMPORT_ROW_BYTES + 1)}\n${GOOD}\n`,
      ['2 row_too_long', '3 ok'],
    ],
    [
      'an open quote with more behind it than a row may have',
      `${HEADER}i1,,"tokens,cus_1,5\n${`${GOOD}\n`.repeat(MAX_IMPORT_ROW_BYTES / GOOD.length)}`,
      [
        '2 invalid_csv',
        ...Array.from({ length: Math.floor(MAX_IMPORT_ROW_BYTES / GOOD.length) }, (_, n) => `${n + 3} ok`),
      ],
    ],
  ])('%s', async (_, file, expected) => {
    expect(await verdicts('csv', file)).toEqual(expected);
  });

  test.each([
    ['', 'The file is empty.'],
    ['event_name,payload_a,color\n', "Unknown column 'color'"],
    ['event_name;payload_a\n', 'Columns are separated by commas.'],
    ['event_name,payload_a,event_name\n', "'event_name' appears twice in the header"],
    ['identifier,payload_a\n', 'no column event_name'],
    ['identifier,event_name\n', 'no column payload_<key>'],
    ['event_name,"payload_a\n', "The header can't be read. "],
  ])('the header %j is refused', async (header, message) => {
    await expect(rowsOf('csv', header)).rejects.toThrow(message);
  });

  test('a file in UTF-16 is refused by name', async () => {
    await expect(rowsOf('csv', Buffer.from(`\ufeff${HEADER}`, 'utf16le'))).rejects.toThrow('The file is UTF-16.');
  });

  test('a rejected row is told as it stands, a key named __proto__ is a key', async () => {
    expect(await rowsOf('csv', `${HEADER}i1,,"to\nkens"\n`)).toEqual([
      { line: 2, text: 'i1,,"to\nkens"', code: 'wrong_column_count', message: 'The row has 3 columns, the header 5.' },
    ]);
    const [event] = await eventsOf('csv', 'event_name,payload___proto__\nx,1\n');
    expect(Object.entries(event!.payload)).toEqual([['__proto__', '1']]);
  });
});

const OBJECT = '{"identifier":"i1","timestamp":1700000000,"event_name":"tokens","payload":{"who":"cus_1","value":"5"}}';

describe('JSONL', () => {
  test('a payload as an object or flat; null is absent', async () => {
    expect(await eventsOf('jsonl', `${OBJECT}\n`)).toEqual([FIRST]);
    const flat = '{"event_name":"tokens","identifier":null,"payload_who":"cus_1","payload_x":null}';
    expect(await eventsOf('jsonl', flat)).toEqual([
      { identifier: 'at_0', timestampMs: undefined, eventName: 'tokens', payload: { who: 'cus_1' } },
    ]);
  });

  test.each([
    ['25', '25'],
    ['-0.5', '-0.5'],
    ['1234567890123456789012345678901234567890', '1234567890123456789012345678901234567890'],
    ['1.00000000000000000001', '1.00000000000000000001'],
    ['0.0000000001', '0.0000000001'],
    ['1e3', '1e3'],
    ['1.10', '1.10'],
    ['2.0', '2.0'],
  ])('the number %s keeps its digits', async (number, text) => {
    const [event] = await eventsOf('jsonl', `{"event_name":"a","timestamp":1700000000,"payload":{"value": ${number}}}`);
    expect(event).toMatchObject({ payload: { value: text }, timestampMs: 1_700_000_000_000 });
  });

  test.each<[string, string, string]>([
    ['no JSON', '{event_name}', 'invalid_json'],
    ['no object', '[1]', 'invalid_json'],
    ['an unknown key', '{"event_name":"a","color":"red","payload":{}}', 'parameter_unknown'],
    ['no event name', '{"payload":{}}', 'parameter_missing'],
    ['a payload that is none', '{"event_name":"a","payload":"x"}', 'invalid_payload'],
    ['a nested payload', '{"event_name":"a","payload":{"x":{}}}', 'invalid_payload'],
    ['a payload key twice', '{"event_name":"a","payload":{"x":"1"},"payload_x":"2"}', 'invalid_payload'],
    ['an identifier that is a list', '{"event_name":"a","identifier":["x"],"payload":{}}', 'invalid_string'],
    ['a fraction of a second', '{"event_name":"a","timestamp":1.5,"payload":{}}', 'invalid_timestamp'],
    ['milliseconds', '{"event_name":"a","timestamp":1700000000000,"payload":{}}', 'invalid_timestamp'],
  ])('%s is rejected alone', async (_, line, code) => {
    expect(await verdicts('jsonl', `${OBJECT}\n\n${line}\r\n${OBJECT}\n`)).toEqual(['1 ok', `3 ${code}`, '4 ok']);
  });

  test('an end inside a row', async () => {
    expect(await verdicts('jsonl', `${OBJECT}\n${OBJECT.slice(0, 40)}`)).toEqual(['1 ok', '2 truncated_row']);
    expect(await verdicts('jsonl', '')).toEqual([]);
  });
});

describe('JSON', () => {
  test.each<[string, string, string[]]>([
    ['an empty array', ' [ ] ', []],
    ['all on a line', `[${OBJECT},${OBJECT}]`, ['1 ok', '1 ok']],
    ['printed for people', JSON.stringify([JSON.parse(OBJECT), JSON.parse(OBJECT)], null, 2), ['2 ok', '11 ok']],
    ['brackets and quotes in texts', `[\n{"event_name":"a]}\\"","payload":{}},\n${OBJECT}\n]\n`, ['2 ok', '3 ok']],
    [
      'values that are no objects',
      `[\n1,\n"x",\n[${OBJECT}],\n${OBJECT}\n]`,
      ['2 invalid_json', '3 invalid_json', '4 invalid_json', '5 ok'],
    ],
    ['an object that is none', `[\n{"a" 1},\n${OBJECT}\n]`, ['2 invalid_json', '3 ok']],
    ['a text that is not closed', `[\n{"event_name":"a,\n"payload":{}},\n  ${OBJECT}\n]`, ['2 invalid_json', '4 ok']],
    ['a brace that is missing', `[\n{"event_name":"a","payload":{},\n${OBJECT}\n]`, ['2 invalid_json', '3 ok']],
    ['an end inside an object', `[\n${OBJECT},\n${OBJECT.slice(0, 30)}`, ['2 ok', '3 truncated_row']],
    ['an end between objects', `[\n${OBJECT},\n`, ['2 ok', '3 truncated_row']],
    ['text behind the end', `[\n${OBJECT}\n]\n[\n${OBJECT}\n]`, ['2 ok', '4 invalid_json']],
  ])('%s', async (_, file, expected) => {
    expect(await verdicts('json', file)).toEqual(expected);
  });

  test.each(['', '  ', OBJECT, 'event_name,payload_x\n'])('the file %j is no array', async (file) => {
    await expect(rowsOf('json', file)).rejects.toThrow('The file is no JSON array of events.');
  });
});

const NAME = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => !text.includes('\0'));
const KEY = NAME.map((text) => text.trim()).filter((text) => text !== '');
const EVENT = fc.record({
  eventName: NAME,
  identifier: NAME,
  timestampMs: fc.option(
    fc.integer({ min: 0, max: 4e9 }).map((seconds) => seconds * 1000),
    { nil: undefined },
  ),
  payload: fc.dictionary(KEY, NAME, { minKeys: 1, maxKeys: 3 }),
});

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const seconds = ({ timestampMs }: EventInput) => (timestampMs === undefined ? undefined : timestampMs / 1000);

const WRITERS: Record<ImportFormat, (events: readonly EventInput[]) => string> = {
  csv(events) {
    const keys = [...new Set(events.flatMap(({ payload }) => Object.keys(payload)))];
    const header = ['identifier', 'timestamp', 'event_name', ...keys.map((key) => `payload_${key}`)];
    const rows = events.map((event) => {
      const own = keys.map((key) => (Object.hasOwn(event.payload, key) ? event.payload[key]! : ''));
      return [event.identifier!, String(seconds(event) ?? ''), event.eventName, ...own];
    });
    return [header, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');
  },
  jsonl: (events) => events.map((event) => `${JSON.stringify(toObject(event))}\n`).join(''),
  json: (events) => JSON.stringify(events.map(toObject), null, 1),
};

function toObject(event: EventInput) {
  const { identifier, eventName, payload } = event;
  return { identifier, timestamp: seconds(event), event_name: eventName, payload };
}

/** Text that comes near to what the formats mean by their marks. */
const ODD = fc
  .array(
    fc.constantFrom(
      '"',
      ',',
      '\n',
      '\r\n',
      '{',
      '}',
      '[',
      ']',
      '\\',
      'é',
      '😀',
      ':',
      ' ',
      `${GOOD}\n`,
      `${OBJECT},\n`,
      'a',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length]!;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const FORMATS: ImportFormat[] = ['csv', 'jsonl', 'json'];

describe.each(FORMATS)('any %s', (format) => {
  test('events that are written are read back equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(EVENT, { minLength: 1, maxLength: 8 }), async (events) => {
        const read = await eventsOf(format, WRITERS[format](events));
        expect(read.map(plain)).toEqual(events.map(plain));
      }),
    );
  });

  test('however the file is cut, the rows are the same', async () => {
    const start = { csv: HEADER, jsonl: '', json: '[' }[format];
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(ODD, sizes, async (odd, pieces) => {
        const bytes = Buffer.from(start + odd);
        expect(await rowsOf(format, ...cut(bytes, pieces))).toEqual(await rowsOf(format, bytes));
      }),
      { numRuns: 500 },
    );
  });

  test('a row far beyond the bound is one rejected row, however it comes', async () => {
    const long = 'x'.repeat(3 * MAX_IMPORT_ROW_BYTES);
    const file = Buffer.from(
      {
        csv: `${HEADER}${GOOD}\n${long}\n${GOOD}\n`,
        jsonl: `\n${OBJECT}\n"${long}"\n${OBJECT}\n`,
        json: `[\n${OBJECT},\n{"${long}"},\n${OBJECT}]`,
      }[format],
    );
    const expected = ['2 ok', '3 row_too_long', '4 ok'];
    expect(await verdicts(format, file)).toEqual(expected);
    expect(await verdicts(format, ...cut(file, [10_000]))).toEqual(expected);
    expect(await verdicts(format, ...cut(file, [1, MAX_IMPORT_ROW_BYTES]))).toEqual(expected);
  });

  test('from any position that was told, the rest is read as in one run', async () => {
    const file = Buffer.from(WRITERS[format](fc.sample(EVENT, 30)));
    const whole: { rows: readonly Row[]; position: ImportPosition }[] = [];
    const identify = (offset: number) => `at_${offset}`;
    for await (const block of readRows(cut(file, [200]), { format, identify })) whole.push(block);
    // The last one is behind the end.
    for (const [n, { position: from }] of whole.slice(0, -1).entries()) {
      const rest: Row[] = [];
      for await (const block of readRows([file.subarray(from.offset)], { format, from, identify }))
        rest.push(...block.rows);
      expect(rest).toEqual(whole.slice(n + 1).flatMap(({ rows }) => rows));
    }
  });
});

/** The generator's dictionaries have no prototype. */
function plain({ payload, ...event }: EventInput) {
  return { ...event, payload: Object.entries(payload).sort(([a], [b]) => (a < b ? -1 : 1)) };
}
