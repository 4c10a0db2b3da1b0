import { type Decimal, decimalPlaces, parseDecimal } from '../money/decimal.ts';
import { CURRENCIES, isCurrency } from '../money/currency.ts';
import { fromRfc3339, fromUnix } from '../time/instant.ts';
import {
  MAX_AMOUNT,
  MAX_DECIMAL_PLACES,
  MAX_METADATA_KEY_CHARACTERS,
  MAX_METADATA_KEYS,
  MAX_METADATA_VALUE_CHARACTERS,
  MAX_STRING_CHARACTERS,
} from '../limits.ts';
import type { FormBranch, FormNode } from './form.ts';
import type { ParamType, Problems } from './params.ts';

/** 9999-12-31T23:59:58Z: it and the second after it are printed with four digits of year by everybody. */
const MAX_UNIX_SECONDS = 253_402_300_798n;

/** Reads a scalar's text; reports objects, empty text (which would mean "unset") and text that can't be stored. */
function text(node: FormNode, path: string, problems: Problems, wanted: string): string | undefined {
  if (typeof node !== 'string') {
    problems.type(path, `Invalid ${wanted}`);
    return undefined;
  }
  if (node === '') {
    problems.type(
      path,
      `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a parameter; however '${path}' cannot be unset. You should remove '${path}' from your request or supply a non-empty value.`,
      'parameter_invalid_empty',
    );
    return undefined;
  }
  if (node.includes('\0')) {
    problems.type(path, `Invalid ${wanted}: it must not contain a NUL character`);
    return undefined;
  }
  return node;
}

function scalar<T>(
  name: string,
  wanted: string,
  read: (value: string, path: string, problems: Problems) => T | undefined,
): ParamType<T> {
  return {
    shape: { kind: 'scalar', name },
    decode(node, path, problems) {
      const value = text(node, path, problems, wanted);
      return value === undefined ? undefined : read(value, path, problems);
    },
  };
}

/** Text of at most `max` characters (5,000 unless told). */
export function string(options: { max?: number } = {}): ParamType<string> {
  const max = options.max ?? MAX_STRING_CHARACTERS;
  return scalar('string', 'string', (value, path, problems) => {
    if (value.length <= max) return value;
    const shown = value.length > 40 ? `${value.slice(0, 20)}...${value.slice(-17)}` : value;
    problems.range(path, `Invalid string: ${shown}; must be at most ${max} characters`);
    return undefined;
  });
}

/** Text that matches a pattern; `rule` completes "Invalid string: x; must …". */
export function patternString(pattern: RegExp, rule: string): ParamType<string> {
  return scalar('string', 'string', (value, path, problems) => {
    if (pattern.test(value)) return value;
    problems.range(path, `Invalid string: ${value.slice(0, 40)}; must ${rule}`);
    return undefined;
  });
}

function integerText(value: string, path: string, problems: Problems): bigint | undefined {
  if (/^[+-]?\d{1,19}$/.test(value)) return BigInt(value.replace('+', ''));
  problems.type(path, `Invalid integer: ${value.slice(0, 40)}`, 'parameter_invalid_integer');
  return undefined;
}

function inRange(value: bigint, min: bigint, max: bigint, path: string, problems: Problems): bigint | undefined {
  if (value < min) {
    problems.range(path, `This value must be greater than or equal to ${min}.`, 'parameter_invalid_integer');
    return undefined;
  }
  if (value > max) {
    problems.range(path, `This value must be less than or equal to ${max}.`, 'parameter_invalid_integer');
    return undefined;
  }
  return value;
}

/** A small integer as a number. */
export function integer(min: number, max: number): ParamType<number> {
  return scalar('integer', 'integer', (value, path, problems) => {
    const parsed = integerText(value, path, problems);
    const valid = parsed === undefined ? undefined : inRange(parsed, BigInt(min), BigInt(max), path, problems);
    return valid === undefined ? undefined : Number(valid);
  });
}

/** An integer that may count money or units, as bigint. */
export function bigInteger(min: bigint, max: bigint): ParamType<bigint> {
  return scalar('integer', 'integer', (value, path, problems) => {
    const parsed = integerText(value, path, problems);
    return parsed === undefined ? undefined : inRange(parsed, min, max, path, problems);
  });
}

/** Minor units, 0 to 99,999,999. */
export function amount(): ParamType<bigint> {
  return bigInteger(0n, MAX_AMOUNT);
}

/** Minor units with up to 12 decimals, 0 to 99,999,999. */
export function decimalAmount(): ParamType<Decimal> {
  return decimalBetween(0n, MAX_AMOUNT);
}

/** A decimal of at most 12 places, both bounds included. */
export function decimalBetween(min: bigint, max: bigint): ParamType<Decimal> {
  return scalar('decimal', 'decimal', (value, path, problems) => {
    const parsed = parseDecimal(value);
    if (parsed === undefined) {
      problems.type(path, `Invalid decimal: ${value.slice(0, 40)}`);
      return undefined;
    }
    if (decimalPlaces(parsed) > MAX_DECIMAL_PLACES) {
      problems.range(
        path,
        `Invalid decimal: ${value.slice(0, 40)}; at most ${MAX_DECIMAL_PLACES} decimal places are allowed`,
      );
      return undefined;
    }
    if (parsed.lt(String(min)) || parsed.gt(String(max))) {
      problems.range(path, `Invalid decimal: ${value.slice(0, 40)}; must be between ${min} and ${max}`);
      return undefined;
    }
    return parsed;
  });
}

const NUMBER_WORDS = ['no', 'one', 'two', 'three', 'four'];

/** A percentage of `min` to 100, with so many decimals at most. */
export function percentage(options: { min: string; decimals: 2 | 4 }): ParamType<Decimal> {
  return scalar('decimal', 'decimal', (value, path, problems) => {
    const shown = value.slice(0, 40);
    const parsed = parseDecimal(value);
    if (parsed === undefined) problems.type(path, `Invalid decimal: ${shown}`);
    else if (decimalPlaces(parsed) > options.decimals) {
      const places = NUMBER_WORDS[options.decimals];
      problems.range(path, `Invalid decimal: ${shown}; must contain at maximum ${places} decimal places.`);
    } else if (parsed.lt(options.min)) {
      problems.range(path, `This value must be greater than or equal to ${options.min} (it currently is '${shown}').`);
    } else if (parsed.gt('100')) {
      problems.range(path, `This value must be less than or equal to 100 (it currently is '${shown}').`);
    } else return parsed;
    return undefined;
  });
}

export function boolean(): ParamType<boolean> {
  return scalar('boolean', 'boolean', (value, path, problems) => {
    if (value === 'true' || value === 'false') return value === 'true';
    problems.type(path, `Invalid boolean: ${value.slice(0, 40)}`);
    return undefined;
  });
}

/** Unix seconds, as an instant. */
export function timestamp(): ParamType<Temporal.Instant> {
  return scalar('integer', 'timestamp', (value, path, problems) => {
    const parsed = integerText(value, path, problems);
    const valid = parsed === undefined ? undefined : inRange(parsed, 0n, MAX_UNIX_SECONDS, path, problems);
    return valid === undefined ? undefined : fromUnix(Number(valid));
  });
}

/** A time of API v2, as an instant of whole milliseconds. */
export function rfc3339(): ParamType<Temporal.Instant> {
  return scalar('string', 'timestamp', (value, path, problems) => {
    const unixMs = fromRfc3339(value);
    if (unixMs !== undefined) return Temporal.Instant.fromEpochMilliseconds(unixMs);
    problems.type(path, `Invalid timestamp: ${value.slice(0, 40)}; must be a time such as 2026-11-22T10:00:00.000Z`);
    return undefined;
  });
}

/** One of the given words. */
export function oneOf<const W extends string>(...words: W[]): ParamType<W> {
  const choice = new Intl.ListFormat('en-US', { type: 'disjunction' }).format(words);
  return scalar('string', 'string', (value, path, problems) => {
    if ((words as string[]).includes(value)) return value as W;
    problems.type(path, `Invalid ${path}: must be ${words.length === 1 ? '' : 'one of '}${choice}`);
    return undefined;
  });
}

/** A three-letter currency code; capitals are accepted and answered in lower case. */
export function currency(): ParamType<string> {
  return scalar('string', 'string', (value, path, problems) => {
    const code = value.toLowerCase();
    if (isCurrency(code)) return code;
    problems.type(path, `Invalid currency: ${value.slice(0, 40)}. Supported currencies are: ${CURRENCIES.join(', ')}`);
    return undefined;
  });
}

/** The value, or null where the request passes an empty string to clear it. */
export function clearable<T>(type: ParamType<T>): ParamType<T | null> {
  return {
    shape: { ...type.shape, clearable: true },
    decode: (node, path, problems) => (node === '' ? null : type.decode(node, path, problems)),
  };
}

/** Currencies to values of one type, such as `currency_options[eur][amount_off]`. */
export function currencyMap<T>(of: ParamType<T>): ParamType<Map<string, T>> {
  return mapOf(of, (name) => (isCurrency(name) ? undefined : `Invalid currency: ${name.slice(0, 40)}`));
}

/** A list: `a[0]=x&a[1]=y` or `a[]=x&a[]=y`. The given numbers only order it. */
export function list<T>(of: ParamType<T>, options: { max: number }): ParamType<T[]> {
  return {
    shape: { kind: 'list', of: of.shape },
    decode(node, path, problems) {
      if (typeof node === 'string' || [...node.keys()].some((name) => !/^\d{1,6}$/.test(name))) {
        problems.type(path, 'Invalid array');
        return undefined;
      }
      if (node.size > options.max) {
        problems.range(path, `Invalid array: ${path} may have at most ${options.max} entries`);
        return undefined;
      }
      const entries = [...node].sort(([a], [b]) => Number(a) - Number(b));
      return entries.map(([name, child]) => of.decode(child, `${path}[${name}]`, problems) as T);
    },
  };
}

/** Free names to values of one type, such as `currency_options[eur]`. The name is checked by `key`. */
export function mapOf<T>(of: ParamType<T>, key: (name: string) => string | undefined): ParamType<Map<string, T>> {
  return {
    shape: { kind: 'map', of: of.shape },
    decode(node, path, problems) {
      if (typeof node === 'string') {
        problems.type(path, 'Invalid object');
        return undefined;
      }
      const result = new Map<string, T>();
      for (const [name, child] of node) {
        const trouble = key(name);
        if (trouble === undefined) result.set(name, of.decode(child, `${path}[${name}]`, problems) as T);
        else problems.type(path, trouble);
      }
      return result;
    },
  };
}

/** Changes of metadata: a value sets its key, null deletes it. `null` as a whole deletes all keys. */
export type MetadataChange = ReadonlyMap<string, string | null>;

/** Metadata: at most 50 keys of 40 characters with values of 500; an empty value deletes the key. */
export function metadata(): ParamType<MetadataChange> {
  return {
    shape: { kind: 'map', of: { kind: 'scalar', name: 'string', clearable: true } },
    decode(node, path, problems) {
      if (typeof node === 'string') {
        problems.type(path, 'Invalid object');
        return undefined;
      }
      return metadataChange(node, path, problems);
    },
  };
}

function metadataChange(node: FormBranch, path: string, problems: Problems): MetadataChange {
  const changes = new Map<string, string | null>();
  for (const [key, value] of node) {
    const at = `${path}[${key}]`;
    if (typeof value !== 'string') problems.type(at, 'Metadata values must be strings: they can not be nested');
    else if (key === '' || /[[\]\0]/.test(key))
      problems.type(at, 'Metadata keys must not be empty or contain square brackets');
    else if (value.includes('\0')) problems.type(at, 'Invalid string: it must not contain a NUL character');
    else if (key.length > MAX_METADATA_KEY_CHARACTERS)
      problems.range(at, `Metadata keys can be at most ${MAX_METADATA_KEY_CHARACTERS} characters: ${key.slice(0, 60)}`);
    else if (value.length > MAX_METADATA_VALUE_CHARACTERS)
      problems.range(
        at,
        `Metadata values can be at most ${MAX_METADATA_VALUE_CHARACTERS} characters, but the value for key ${key} has ${value.length}`,
      );
    else changes.set(key, value === '' ? null : value);
  }
  if (changes.size > MAX_METADATA_KEYS) problems.range(path, `Metadata can have at most ${MAX_METADATA_KEYS} keys`);
  return changes;
}

/** A parameter of the reference that this server can't act on yet: any use of it is an error that names it. */
export function unserved(): ParamType<never> {
  return {
    shape: { kind: 'unserved' },
    decode(_node, path, problems) {
      problems.unserved(path);
      return undefined;
    },
  };
}

/** The first type for text, the second for objects: `created=5` and `created[gte]=5`. */
export function textOr<A, B>(scalarType: ParamType<A>, branchType: ParamType<B>): ParamType<A | B> {
  return {
    shape: { kind: 'either', options: [scalarType.shape, branchType.shape] },
    decode: (node, path, problems) =>
      typeof node === 'string' ? scalarType.decode(node, path, problems) : branchType.decode(node, path, problems),
  };
}

/** Words of the reference that mean something which is not served answer the error that says so. */
export function except<T>(type: ParamType<T>, ...words: string[]): ParamType<T> {
  return {
    shape: type.shape,
    decode(node, path, problems) {
      if (typeof node !== 'string' || !words.includes(node)) return type.decode(node, path, problems);
      problems.unserved(path);
      return undefined;
    },
  };
}
