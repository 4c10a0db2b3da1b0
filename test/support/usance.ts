import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { testServer } from './test-server.ts';

/** Runs a command of `usance` on the database of the shared server. */
export async function usance(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const bin = fileURLToPath(new URL('../../bin/usance.js', import.meta.url));
  const env = { PATH: process.env['PATH'], DATABASE_URL: (await testServer()).databaseUrl };
  return await new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
