import { resolve } from 'node:path';
import { CLOCK_CUSTOMERS, CLOCK_INTERVALS, CLOCK_YEARS } from './limits.ts';

export type Config = {
  /** 0 picks a free port. */
  readonly port: number;
  readonly host: string;
  /** Undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  /** The key of the default test account, when the operator chooses it. */
  readonly secretKey: string | undefined;
  readonly logLevel: string;
  readonly clockLimits: ClockLimits;
  /** Where people reach the server, without a slash at the end; undefined: where each request reached it. */
  readonly publicUrl: string | undefined;
};

/** What a test clock may do; `Infinity` where the operator lifted the limit. */
export type ClockLimits = {
  /** Intervals of the shortest subscription on the clock that one advance may cover. */
  readonly intervals: number;
  /** Years that one advance may cover while the clock has no subscription. */
  readonly years: number;
  /** Customers on one clock. */
  readonly customers: number;
};

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Reads the environment once. Throws an Error that names the variable and what it should be. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return {
    port: readPort(env['PORT']),
    host: env['HOST'] || '127.0.0.1',
    databaseUrl: readDatabaseUrl(env['DATABASE_URL']),
    dataDir: resolve(env['USANCE_DATA_DIR'] || '.usance'),
    secretKey: readSecretKey(env['USANCE_SECRET_KEY']),
    logLevel: readLogLevel(env['LOG_LEVEL']),
    clockLimits: {
      intervals: readLimit(env, 'USANCE_CLOCK_INTERVALS', CLOCK_INTERVALS),
      years: readLimit(env, 'USANCE_CLOCK_YEARS', CLOCK_YEARS),
      customers: readLimit(env, 'USANCE_CLOCK_CUSTOMERS', CLOCK_CUSTOMERS),
    },
    publicUrl: readPublicUrl(env['USANCE_PUBLIC_URL']),
  };
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return 12111;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new Error(`PORT must be a number from 0 to 65535, not '${text}'.`);
  return port;
}

function readDatabaseUrl(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  // The text itself may hold a password, so the message does not repeat it.
  if (!/^postgres(ql)?:\/\//.test(text)) throw new Error('DATABASE_URL must start with postgresql://.');
  return text;
}

function readSecretKey(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^sk_test_[A-Za-z0-9_]{8,200}$/.test(text)) {
    throw new Error('USANCE_SECRET_KEY must be sk_test_ followed by 8 to 200 letters, digits or underscores.');
  }
  return text;
}

function readPublicUrl(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const url = URL.parse(text);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && !/[?#@\s]/.test(text);
  // The text itself may hold a password, so the message does not repeat it.
  if (!isPlain) throw new Error('USANCE_PUBLIC_URL must be like https://billing.example.com, perhaps with a path.');
  return url.href.replace(/\/+$/, '');
}

function readLogLevel(text: string | undefined): string {
  if (text === undefined || text === '') return 'info';
  if (!LOG_LEVELS.includes(text)) throw new Error(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, not '${text}'.`);
  return text;
}

function readLimit(env: NodeJS.ProcessEnv, name: string, normal: number): number {
  const text = env[name];
  if (text === undefined || text === '') return normal;
  if (text === 'unlimited') return Infinity;
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new Error(`${name} must be a number from 1 to 999999 or unlimited, not '${text}'.`);
  }
  return Number(text);
}
