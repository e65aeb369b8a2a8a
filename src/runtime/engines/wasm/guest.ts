/**
 * The part of ours that lives inside the fence, in the same V8 context as the stranger's JavaScript: what that finds
 * around it, and what is copied out of its objects.
 */

/** Which surroundings the glue finds: Emscripten's names for them. */
export const SURROUNDINGS = ['worker', 'node', 'web'] as const;
export type Surroundings = (typeof SURROUNDINGS)[number];

/**
 * What the fence may call. Everything given and returned is a primitive, or an object of the context's own: a function
 * or an object of ours inside the context would be a way out of it. Texts are JSON where that is said.
 */
export interface Guest {
  /** Evaluates the glue, and calls what it gives where that is a factory. */
  begin(glue: GlueFunction): void;
  /** JSON of a {@link GuestState}. */
  state(): string;
  /** Calls the module's `init()` where there is one; 0 is good. */
  init(): number;
  /** JSON of a {@link ModuleFacts}. */
  facts(): string;
  /** Address of so many bytes in the module's memory. */
  reserve(bytes: number): number;
  release(address: number): void;
  /** The module's memory as it is now: it moves when it grows. */
  memory(): ArrayBuffer;
  /** JSON of a {@link RawResult}. */
  run(address: number, length: number): string;
  runContinuous(address: number, length: number, calibrate: boolean): string;
  /** Output `index` of the last run, of a freeform model. */
  tensor(index: number): Float32Array;
  /** @param values JSON of `{ id, key: number }`. Returns what was wrong, '' if nothing. */
  setThreshold(values: string): string;
  /** What the module printed since the last call, the last lines of it. */
  printed(): string;
  /** Text of something thrown inside. */
  explain(thrown: unknown): string;
}

/** The glue as the body of a function, which returns what it made of `Module`. */
export type GlueFunction = (Module: unknown, module: unknown, exports: unknown) => unknown;

export interface GuestState {
  readonly ready: boolean;
  /** Why it will never be. */
  readonly failure?: string;
}

/** Values that an object of the module has under a known name. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** What a module says of itself. */
export interface ModuleFacts {
  readonly properties: Facts;
  /** Absent in builds of 2020. */
  readonly project?: Facts;
  /** Absent in builds of 2020 and early 2021. */
  readonly labels?: readonly string[];
  readonly thresholds?: readonly Facts[];
  /** Has `run_classifier_continuous`. */
  readonly continuous: boolean;
  /** Has `set_threshold`. */
  readonly settable: boolean;
}

/** One row of a result; builds differ in which fields a row has, and `NaN` arrives as `null`. */
export type RawRow = Readonly<Record<string, string | number | boolean | null>>;

export interface RawResult {
  /** 0, or a negative code of the SDK's. */
  readonly code: number;
  readonly anomaly: number | null;
  readonly rows: readonly RawRow[];
  readonly tracked?: readonly RawRow[];
  readonly grid?: {
    readonly cells: readonly RawRow[];
    readonly max: number | null;
    readonly mean: number | null;
  };
  /** Number of freeform outputs. */
  readonly tensors: number;
}

/**
 * Makes the surroundings, and gives the {@link Guest}. It is sent into the context as text, so it refers to nothing
 * outside itself.
 *
 * @param surroundings which ones the glue shall find
 * @param binary the `.wasm`, in memory of the context's
 * @param memoryPages most pages (64 KiB) that a memory may have
 */
export function makeGuest(surroundings: Surroundings, binary: Uint8Array, memoryPages: number): Guest {
  type Loose = Record<string, unknown>;
  type Call = (...args: unknown[]) => unknown;
  const { stringify, parse } = JSON;
  const world = globalThis as unknown as Loose;
  const state: { ready: boolean; failure?: string } = { ready: false };
  const tensors: Float32Array[] = [];
  let lines: string[] = [];

  const explain = (thrown: unknown): string => {
    try {
      const { name, message } = thrown as { name?: unknown; message?: unknown };
      const text = typeof message === 'string' ? message : `${thrown}`;
      return (typeof name === 'string' && name !== 'Error' ? `${name}: ${text}` : text).slice(0, 1000);
    } catch {
      return 'something that has no text was thrown';
    }
  };
  const fail = (thrown: unknown): void => {
    state.failure ??= explain(thrown);
  };
  const print = (...words: unknown[]): void => {
    lines = [...lines.slice(-19), words.join(' ').slice(0, 500)];
  };

  const Memory = WebAssembly.Memory;
  const LimitedMemory = function limited(descriptor: { initial: number; maximum?: number }): object {
    const maximum = Math.min(descriptor.maximum ?? memoryPages, memoryPages);
    return new Memory({ ...descriptor, maximum });
  };
  LimitedMemory.prototype = Memory.prototype;
  (Memory.prototype as unknown as Loose).constructor = LimitedMemory;
  (WebAssembly as unknown as Loose).Memory = LimitedMemory;

  const module: Loose = {
    wasmBinary: binary,
    print,
    printErr: print,
    locateFile: (path: string) => path,
    // In one go: all that is left to wait for is what the glue itself does later.
    instantiateWasm(imports: WebAssembly.Imports, receive: (...made: unknown[]) => void): unknown {
      try {
        const compiled = new WebAssembly.Module(binary);
        const instance = new WebAssembly.Instance(compiled, imports);
        receive(instance, compiled);
        return (instance as unknown as Loose).exports;
      } catch (error) {
        fail(error);
        throw error;
      }
    },
    onRuntimeInitialized: () => {
      state.ready = true;
    },
    onAbort: (what: unknown) => fail(`abort(${what ?? ''})`),
  };
  const commonjs: Loose = { exports: {} };
  const refusing = (what: string) => (): never => {
    throw new Error(`${what} is not available here`);
  };

  /** What a Node.js build of the glue asks for while it loads; the only file there is, is the module. */
  const files: Loose = {
    readFileSync: (path: unknown) =>
      `${path}`.endsWith('.wasm') ? binary : refusing(`the file '${path}'`)(),
    readFile: (path: unknown, done: Call) =>
      `${path}`.endsWith('.wasm') ? done(null, binary) : done(new Error(`there is no file '${path}'`)),
    existsSync: (path: unknown) => `${path}`.endsWith('.wasm'),
  };
  const paths: Loose = {
    dirname: () => '/',
    normalize: (path: unknown) => path,
    join: (...parts: unknown[]) => parts.join('/'),
    resolve: (...parts: unknown[]) => parts.join('/'),
  };
  const modules: Loose = { fs: files, path: paths, url: { fileURLToPath: (url: unknown) => `${url}` } };
  const processLike: Loose = {
    versions: { node: '20.0.0' },
    argv: ['node', 'glue'],
    env: {},
    platform: 'linux',
    on: () => processLike,
    exit: (code: unknown) => {
      fail(`process.exit(${code ?? ''})`);
      throw new Error(`process.exit(${code ?? ''})`);
    },
  };

  const around: Readonly<Record<Surroundings, Loose>> = {
    worker: {
      importScripts: refusing('importScripts()'),
      WorkerGlobalScope: refusing('WorkerGlobalScope'),
      location: { href: '' },
    },
    web: { window: world, document: {}, location: { href: '' } },
    node: {
      process: processLike,
      __dirname: '/',
      __filename: '/edge-impulse-standalone.js',
      require: (name: unknown) => modules[`${name}`.replace('node:', '')] ?? refusing(`require('${name}')`)(),
    },
  };
  Object.assign(world, around[surroundings], {
    self: world,
    performance: { now: () => Date.now() },
    crypto: {
      getRandomValues: (array: Uint8Array) => array.map((_, i) => (array[i] = Math.random() * 256)),
    },
    console: { log: print, warn: print, error: print, info: print, debug: print },
  });

  const api = (name: string): Call => {
    const call = module[name];
    if (typeof call === 'function') return call as Call;
    throw new Error(`the module has no ${name}()`);
  };
  const has = (name: string): boolean => typeof module[name] === 'function';
  const free = (object: unknown): void => {
    const { delete: end } = object as { delete?: unknown };
    if (typeof end === 'function') end.call(object);
  };
  /** Values live in getters of a prototype, so names are asked for one by one. */
  const fields = (object: unknown, names: readonly string[]): Record<string, string | number | boolean> => {
    const copy: Record<string, string | number | boolean> = {};
    for (const name of names) {
      const value = (object as Loose)[name];
      if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
        copy[name] = value;
    }
    return copy;
  };
  /** Arrays and the module's own vectors alike. */
  const each = <T>(list: unknown, take: (item: unknown) => T): T[] => {
    if (Array.isArray(list)) return list.map(take);
    const { size, get } = list as { size: Call; get: Call };
    const count = size.call(list) as number;
    const taken: T[] = [];
    for (let i = 0; i < count; i++) taken.push(take(get.call(list, i)));
    return taken;
  };
  const isList = (value: unknown): boolean =>
    Array.isArray(value) || typeof (value as { size?: unknown } | undefined)?.size === 'function';
  /** The module's own lists are its memory. */
  const taken = <T>(list: unknown, take: (item: unknown) => T): T[] => {
    const items = each(list, take);
    free(list);
    return items;
  };
  /** Some builds give an object, some its JSON. */
  const project = (): Facts => {
    const about = api('get_project')();
    const names = ['id', 'owner', 'name', 'deploy_version', 'impulse_id', 'impulse_name'];
    const copy = fields(typeof about === 'string' ? parse(about) : about, names);
    free(about);
    return copy;
  };
  const row = (item: unknown): RawRow => {
    const copy = fields(item, ['label', 'value', 'x', 'y', 'width', 'height', 'object_id']);
    free(item);
    return copy;
  };
  const rowsOf = (object: Loose, size: string, get: string): RawRow[] =>
    each(
      {
        size: () => (object[size] as Call).call(object),
        get: (i: number) => (object[get] as Call).call(object, i),
      },
      row,
    );

  const tensorOf = (vector: unknown): Float32Array => Float32Array.from(taken(vector, Number));

  const copied = (result: Loose): string => {
    tensors.length = 0;
    const { result: code, anomaly } = result;
    const good = code === 0;
    let rows: RawRow[] = [];
    if (good) rows = isList(result) ? each(result, row) : taken(result.classification, row);
    const hasGrid = good && typeof result.visual_ad_grid_cells_size === 'function';
    const grid = hasGrid && {
      cells: rowsOf(result, 'visual_ad_grid_cells_size', 'visual_ad_grid_cells_get'),
      max: result.visual_ad_max,
      mean: result.visual_ad_mean,
    };
    const tracks = good && typeof result.object_tracking_size === 'function';
    const tracked = tracks && rowsOf(result, 'object_tracking_size', 'object_tracking_get');
    if (good && isList(result.freeform)) tensors.push(...taken(result.freeform, tensorOf));
    free(result);
    return stringify({
      code,
      anomaly,
      rows,
      ...(tracked && { tracked }),
      ...(grid && { grid }),
      tensors: tensors.length,
    });
  };

  const PROPERTIES = [
    'sensor',
    'frequency',
    'frame_sample_count',
    'input_width',
    'input_height',
    'model_type',
    'input_features_count',
    'image_input_width',
    'image_input_height',
    'image_input_frames',
    'image_channel_count',
    'image_resize_mode',
    'interval_ms',
    'axis_count',
    'label_count',
    'has_anomaly',
    'has_visual_anomaly_detection',
    'has_object_tracking',
    'slice_size',
    'use_continuous_mode',
  ];

  return {
    begin(glue) {
      const left = glue(module, commonjs, commonjs.exports);
      const factory = [left, commonjs.exports].find((made) => typeof made === 'function');
      if (factory === undefined) return;
      const made = (factory as Call)(module);
      if (typeof (made as { then?: unknown } | undefined)?.then === 'function') {
        (made as Promise<unknown>).then(undefined, fail);
      }
    },
    state: () => stringify(state),
    init() {
      const code = has('init') ? api('init')() : 0;
      return typeof code === 'number' ? code : 0;
    },
    facts() {
      const about = api('get_properties')() as Loose;
      const { labels, thresholds } = about;
      const facts: ModuleFacts = {
        properties: fields(about, PROPERTIES),
        ...(has('get_project') && { project: project() }),
        ...(isList(labels) && { labels: taken(labels, String) }),
        ...(isList(thresholds) && {
          thresholds: taken(thresholds, (threshold) => fields(threshold, Object.keys(threshold as object))),
        }),
        continuous: has('run_classifier_continuous'),
        settable: has('set_threshold'),
      };
      free(about);
      return stringify(facts);
    },
    reserve: (bytes) => api('_malloc')(bytes) as number,
    release: (address) => {
      api('_free')(address);
    },
    memory: () => (module.HEAPU8 as Uint8Array).buffer as ArrayBuffer,
    run: (address, length) => copied(api('run_classifier')(address, length, false) as Loose),
    runContinuous: (address, length, calibrate) =>
      copied(api('run_classifier_continuous')(address, length, false, calibrate) as Loose),
    tensor: (index) => tensors[index] ?? new Float32Array(0),
    setThreshold(values) {
      const { success, error } = api('set_threshold')(parse(values)) as Loose;
      return success === true ? '' : `${error ?? 'it was refused'}`;
    },
    printed() {
      const text = lines.join('\n');
      lines = [];
      return text;
    },
    explain,
  };
}
