/** The part of WebAssembly's JavaScript API that is used here: the types of Node.js lack it, and those of browsers bring too much. */
declare namespace WebAssembly {
  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Imports);
  }
  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum?: number });
  }
  class RuntimeError extends Error {}
  function compile(bytes: Uint8Array): Promise<Module>;
  function validate(bytes: Uint8Array): boolean;
}
