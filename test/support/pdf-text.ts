import { inflateSync } from 'node:zlib';

/** The lines of text of each page of a PDF that pdfkit wrote, in the order in which they were placed. */
export function pdfPages(file: Buffer): string[][] {
  const objects = new Map<string, string>();
  for (const [, id = '', body = ''] of file.toString('latin1').matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)) {
    objects.set(id, body);
  }
  const follow = (body: string, name: string) => objects.get(new RegExp(`/${name} (\\d+) 0 R`).exec(body)?.[1] ?? '');
  const pages = [...objects.values()].filter((body) => /\/Type \/Page\n/.test(body));
  return pages.map((page) => {
    const fonts = new Map<string, Map<string, string>>();
    for (const [, name = '', id = ''] of (follow(page, 'Resources') ?? page).matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      fonts.set(name, glyphsOf(inflate(follow(objects.get(id)!, 'ToUnicode')!)));
    }
    return linesOf(inflate(follow(page, 'Contents')!), fonts);
  });
}

function inflate(body: string): string {
  const start = body.indexOf('stream\n') + 'stream\n'.length;
  return inflateSync(Buffer.from(body.slice(start, body.lastIndexOf('\nendstream')), 'latin1')).toString('latin1');
}

/** Glyph → characters, from `<0000> <00ff> [<0054> <0065>]`, where the list begins at the first glyph. */
function glyphsOf(map: string): Map<string, string> {
  const glyphs = new Map<string, string>();
  for (const [, first = '', list = ''] of map.matchAll(/<(\w{4})> <\w{4}> \[([^\]]*)\]/g)) {
    [...list.matchAll(/<([\w ]*)>/g)].forEach(([, codes = ''], index) => {
      const glyph = (Number.parseInt(first, 16) + index).toString(16).padStart(4, '0');
      glyphs.set(glyph, Buffer.from(codes.replaceAll(' ', ''), 'hex').swap16().toString('utf16le'));
    });
  }
  return glyphs;
}

/** A line is a text object: pdfkit shows each with its font. */
function linesOf(content: string, fonts: ReadonlyMap<string, ReadonlyMap<string, string>>): string[] {
  return [...content.matchAll(/BT\n([\s\S]*?)\nET/g)].map(([, object = '']) => {
    const glyphs = fonts.get(/\/(F\d+) [\d.]+ Tf/.exec(object)?.[1] ?? '');
    const shown = [...object.matchAll(/<([\da-f]+)>/g)].map(([, hex = '']) => hex).join('');
    return (shown.match(/.{4}/g) ?? []).map((glyph) => glyphs?.get(glyph) ?? '\u{fffd}').join('');
  });
}
