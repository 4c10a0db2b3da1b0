import { pino } from 'pino';

/** For servers inside a test, whose failures are part of it. */
export const silentLog = pino({ level: 'silent' });
