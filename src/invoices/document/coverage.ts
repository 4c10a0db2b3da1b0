/**
 * The characters that both fonts of `fonts/` have: Latin with all its extensions, Greek, Cyrillic, punctuation and signs
 * of currencies. Read from the fonts; who replaces them replaces this.
 */
const MISSING =
  /[^\u{20}-\u{7e}\u{a0}-\u{ac}\u{ae}-\u{148}\u{14a}-\u{1c3}\u{1c5}-\u{24f}\u{259}\u{2b0}-\u{304}\u{306}-\u{30a}\u{30c}\u{30f}\u{313}\u{315}\u{31b}\u{323}\u{326}-\u{328}\u{32c}\u{337}\u{338}\u{342}\u{343}\u{346}-\u{36f}\u{374}-\u{376}\u{37a}-\u{37f}\u{384}-\u{38a}\u{38c}\u{38e}-\u{3a1}\u{3a3}-\u{3d7}\u{3dc}\u{3dd}\u{3f0}-\u{3f6}\u{3f9}\u{3fa}\u{3fc}-\u{479}\u{480}-\u{49d}\u{4a0}-\u{4ff}\u{52f}\u{1e00}-\u{1e9b}\u{1e9d}-\u{1eff}\u{2000}-\u{200b}\u{2010}-\u{2027}\u{202f}-\u{2055}\u{2057}\u{205f}\u{2070}\u{2071}\u{2074}-\u{208e}\u{2090}-\u{209c}\u{20a0}-\u{20af}\u{20b1}-\u{20b5}\u{20b8}-\u{20ba}\u{20bc}-\u{20bf}\u{2100}\u{2101}\u{2103}\u{2105}\u{2106}\u{2109}\u{2113}\u{2116}\u{2117}\u{211e}-\u{2122}\u{2126}\u{212a}\u{212b}\u{212e}\u{2132}\u{213b}\u{214d}\u{2190}-\u{2193}\u{2202}\u{2205}\u{2206}\u{220f}\u{2211}\u{2212}\u{221a}\u{221e}\u{222b}\u{2236}\u{2248}\u{2260}\u{2264}\u{2265}\u{25cf}]/gu;

/**
 * Text as the fonts can show it: composed, without marks of format such as those of direction, in plain letters where it has
 * only another form of them (`ＡＣＭＥ`), and with a question mark for each character that they lack. A PDF with gaps would be
 * misread more easily.
 */
export function showable(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/[\p{Cf}]/gu, '')
    .replaceAll(MISSING, inPlainLetters);
}

function inPlainLetters(character: string): string {
  const plain = character.normalize('NFKC');
  return plain.search(MISSING) === -1 ? plain : GAP;
}

const GAP = '?';

/** How many characters of a text question marks stand for. */
export function gapsIn(text: string): number {
  return showable(text).split(GAP).length - text.split(GAP).length;
}
