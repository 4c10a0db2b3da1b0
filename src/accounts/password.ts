import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt);

/** 16 MiB and some 100 ms for a guess: one of the settings that OWASP's password storage advice lists for scrypt. */
const COST = { N: 16_384, r: 8, p: 5 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

export const MIN_PASSWORD_CHARACTERS = 10;
/** Long enough for any phrase; deriving a key reads all of it. */
export const MAX_PASSWORD_CHARACTERS = 200;

/** What is stored of a password: `scrypt$N$r$p$salt$hash`, so that a later version can ask for more work. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password.normalize('NFKC'), salt, HASH_BYTES, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), hash.toString('base64')].join('$');
}

/** True when a password is the one that was stored. Takes as long where nothing was, which tells nobody who exists. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, n, r, p, salt = '', hash = ''] = (stored ?? (await unknownHash())).split('$');
  const expected = Buffer.from(hash, 'base64');
  const found = await derive(password.normalize('NFKC'), Buffer.from(salt, 'base64'), expected.length, {
    N: Number(n),
    r: Number(r),
    p: Number(p),
  });
  return timingSafeEqual(found, expected) && stored !== undefined;
}

let unknown: Promise<string> | undefined;
/** Of a password that nobody has. */
function unknownHash(): Promise<string> {
  return (unknown ??= hashPassword(randomBytes(SALT_BYTES).toString('hex')));
}
