// Writes docs/package.schema.json, the manifest of our packages as JSON Schema: `npm run build && node scripts/package-schema.mjs`.
import { writeFile } from 'node:fs/promises';
import { toJsonSchema } from '@valibot/to-json-schema';
import { manifestSchema } from '../dist/deployment/package/manifest.js';

const schema = {
  title: 'impulse-package.json, version 1',
  ...toJsonSchema(manifestSchema, { ignoreActions: ['finite', 'safe_integer'] }),
};
await writeFile(
  new URL('../docs/package.schema.json', import.meta.url),
  `${JSON.stringify(schema, null, 2)}\n`,
);
