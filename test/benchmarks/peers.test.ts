import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly resolved?: string }>>;
}

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
const own = read('package-lock.json') as Lock;
const theirs = read('benchmarks/package-lock.json') as Lock;

describe('what the benchmarks compare with', () => {
  it.each(['@litertjs/core', 'onnxruntime-node', 'sharp', 'tfjs-tflite-node'])(
    'has the version of %s that the package itself has',
    (name) => {
      const path = `node_modules/${name}`;
      expect(theirs.packages[path]?.version).toBe(own.packages[path]?.version);
      expect(theirs.packages[path]?.version).toMatch(/^\d/);
    },
  );

  it('names no registry', () => {
    expect(Object.values(theirs.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it('is pinned to exact versions', () => {
    const { dependencies } = read('benchmarks/package.json') as { dependencies: Record<string, string> };
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });
});
