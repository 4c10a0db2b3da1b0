import { writeFile } from 'node:fs/promises';
import { compatibilityPage } from '../test/support/compatibility.ts';

/** `npm run docs`: writes docs/compatibility.md from the declarations that the server runs on. */
await writeFile(new URL('../docs/compatibility.md', import.meta.url), compatibilityPage());
console.log('Wrote docs/compatibility.md');
