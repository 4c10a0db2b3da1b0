import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where `npm run dev -w dashboard` asks for data. */
const SERVER = process.env['USANCE_URL'] ?? 'http://127.0.0.1:12111';

/** Writes each file once more as brotli, which the server then only sends. Last, when the files are as they stay. */
function brotli(): Plugin {
  return {
    name: 'brotli',
    apply: 'build',
    async writeBundle({ dir = 'dist' }, bundle) {
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
      for (const name of Object.keys(bundle).filter((file) => /\.(js|css|svg)$/.test(file))) {
        const path = join(dir, name);
        await writeFile(`${path}.br`, brotliCompressSync(await readFile(path), { params }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), brotli()],
  // The server puts a nonce of its own into each answer.
  html: { cspNonce: '__NONCE__' },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    reportCompressedSize: false,
  },
  server: {
    port: 12112,
    proxy: Object.fromEntries(['/v1', '/v2', '/dashboard', '/i/'].map((path) => [path, { target: SERVER }])),
  },
});
