/**
 * Starts LiteRT's WebAssembly build in a worker thread of Node.js. The package is made for browsers, and its
 * public API refuses int8 tensors; this uses the bindings beneath that API, which its types describe.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction } from 'node:vm';
import type { LiteRt } from '@litertjs/core';
import type { ImpulseError } from '../../errors.js';

/** The bindings, as the package declares them. */
export type LitertWasm = LiteRt['liteRtWasm'];

export interface LitertRuntime {
  readonly wasm: LitertWasm;
  readonly environment: ReturnType<LitertWasm['LiteRtEnvironment']['create']>;
  /**
   * Makes a call that may fail. LiteRT reports many failures in its log only, and then returns memory that
   * nobody has written: an error in the log is a failure here.
   *
   * @param explain makes the error to be thrown, from the log and the exception
   */
  attempt<T>(call: () => T | Promise<T>, explain: (reasons: readonly string[]) => ImpulseError): Promise<T>;
}

/** What the package's script exports: it is written for many environments, CommonJS among them. */
type ModuleFactory = (options: {
  instantiateWasm: (
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ) => void;
  print: (line: string) => void;
  printErr: (line: string) => void;
}) => Promise<LitertWasm>;

const ERROR = /^ERROR: (?:\[[^\]]*\] ?)?/;

/**
 * @param script path of the package's JavaScript for this build
 * @param module the build itself, compiled once for all sessions
 */
export async function startLitert(script: string, module: WebAssembly.Module): Promise<LitertRuntime> {
  const errors: string[] = [];
  const log = (line: string): void => {
    if (ERROR.test(line)) errors.push(line.replace(ERROR, '').trim());
  };
  const wasm = await loadFactory(script)({
    instantiateWasm: (imports, receive) => receive(new WebAssembly.Instance(module, imports), module),
    print: log,
    printErr: log,
  });
  wasm.setupLogging();
  const environment = wasm.LiteRtEnvironment.create(null);
  return {
    wasm,
    environment,
    attempt: async (call, explain) => {
      errors.length = 0;
      let result: Awaited<ReturnType<typeof call>>;
      try {
        result = await call();
      } catch (error) {
        // A trap leaves the module's memory in an unknown state: nothing may run in it again.
        if (error instanceof WebAssembly.RuntimeError || !(error instanceof Error)) throw error;
        throw explain([...errors, error.message]);
      }
      if (errors.length > 0) throw explain(errors);
      return result;
    },
  };
}

/** The file says `.js` in a package of ES modules but is no such module, so Node.js can't import it. */
function loadFactory(script: string): ModuleFactory {
  const module: { exports: unknown } = { exports: {} };
  const names = ['exports', 'require', 'module', '__filename', '__dirname'];
  const run = compileFunction(readFileSync(script, 'utf8'), names, { filename: script });
  run(module.exports, createRequire(script), module, script, dirname(script));
  return module.exports as ModuleFactory;
}
