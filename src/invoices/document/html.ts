declare const HTML: unique symbol;
/** Text that is HTML already. */
export type Html = { readonly text: string; readonly [HTML]?: true };

type Part = string | Html | null | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A template of HTML: text is escaped wherever it stands, HTML goes in as it is, null is nothing. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = literals.map((literal, index) => (index === 0 ? literal : write(parts[index - 1] ?? null) + literal));
  return { text: text.join('') };
}

function write(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'string') return part.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
  return 'text' in part ? part.text : part.map(write).join('\n');
}
