/** Damages text and JSON, token by token, so that much of it still means something. */

const TOKENS =
  /"(?:[^"\\\n]|\\.)*"|[A-Za-z_]\w*|[+-]?(?:0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?)|\s+|[\s\S]/g;

/** What text may hold where nobody expects it. */
const NASTY = [
  '',
  '\0',
  '"',
  "'",
  '\\',
  '/*',
  '*/',
  '//',
  '\n',
  '\r\n',
  '\ufeff',
  '\ud800',
  '\u2028',
  '%s',
  '$x',
  '#',
  '#if 1\n',
  '#endif\n',
  '#define A A\n',
  '#define F(x) F(x)\n',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '..',
  '../../x',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ',',
  ';',
  '=',
  '<',
  '>',
  '-',
  '- -',
  '!',
  '~',
  '?',
  ':',
  '&',
  '*',
  '0',
  '-0',
  '-1',
  '1e999',
  '1e-999',
  'NaN',
  'Infinity',
  '-Infinity',
  'nan',
  '0x',
  '0xffffffffffffffffffff',
  '99999999999999999999',
  '4294967296',
  '2147483648',
  '1.',
  '.5',
  '1e',
  '08',
  "'a'",
  'null',
  'true',
  'nullptr',
  'NULL',
  'sizeof(int)',
  '1/0',
  '1%0',
  '1<<99',
];

const DEEP = ['(', '[', '{', '-', '!', '((', '{"a":', '[[', '{{', '/*', '#if 1\n', '&', 'a(', '1+'];

/** Parts of a text as a reader sees them. */
export function tokensOf(text) {
  return text.match(TOKENS) ?? [];
}

/**
 * @param {import('./random.mjs').Random} random
 * @param {readonly string[]} tokens of the text
 * @param {readonly string[]} words that may be put in as well
 */
export function mutateTokens(random, tokens, words = []) {
  let changed = [...tokens];
  for (let i = random.few(); i > 0; i--) changed = random.pick(CHANGES)(random, changed, words);
  return changed.join('');
}

export function mutateText(random, text, words = []) {
  return mutateTokens(random, tokensOf(text), words);
}

const isNumber = (token) => /^[+-]?\d/.test(token);

const CHANGES = [
  changeNumber,
  changeNumber,
  changeNumber,
  (random, tokens) => tokens.toSpliced(random.below(tokens.length), random.few()),
  (random, tokens) => tokens.toSpliced(random.below(tokens.length), 1, random.pick(NASTY)),
  (random, tokens) => tokens.toSpliced(random.below(tokens.length), 0, random.pick(NASTY)),
  (random, tokens, words) =>
    tokens.toSpliced(random.below(tokens.length), 1, random.pick([...words, ...NASTY])),
  (random, tokens) => tokens.with(random.below(tokens.length) || 0, random.pick(tokens) ?? ''),
  repeatSome,
  (random, tokens) => tokens.slice(0, random.below(tokens.length)),
  (random, tokens) => tokens.toSpliced(random.below(tokens.length), 0, deep(random)),
  changeLetters,
].map(
  (change) => (random, tokens, words) =>
    tokens.length === 0 ? [random.pick(NASTY)] : change(random, tokens, words),
);

function changeNumber(random, tokens) {
  const places = tokens.flatMap((token, at) => (isNumber(token) ? [at] : []));
  if (places.length === 0) return tokens;
  const at = random.pick(places);
  const value = Number(tokens[at]);
  const next = random.pick([
    random.edge(),
    random.edge(),
    random.edge(),
    value + 1,
    value - 1,
    -value,
    value * 1000,
    value / 3,
    '',
    '1e39',
    '1e-46',
    '-1',
    '0',
    '0.5',
    '1e400',
  ]);
  return tokens.with(at, String(next));
}

function repeatSome(random, tokens) {
  const at = random.below(tokens.length);
  const piece = tokens.slice(at, at + random.few() * random.pick([1, 1, 8]));
  return tokens.toSpliced(at, 0, ...Array.from({ length: random.pick([1, 2, 50]) }, () => piece).flat());
}

function deep(random) {
  return random.pick(DEEP).repeat(random.pick([50, 500, 5_000, 100_000]));
}

function changeLetters(random, tokens) {
  const at = random.below(tokens.length);
  const letters = [...tokens[at]];
  letters.splice(
    random.below(letters.length),
    random.below(2),
    String.fromCodePoint(
      random.pick([0, 9, 32, 34, 48, 92, 127, 233, 0x4e2d, 0x1f600, random.below(0xd800)]),
    ),
  );
  return tokens.with(at, letters.join(''));
}

const VALUES = [
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  0.5,
  1e308,
  -1e308,
  1e-320,
  2 ** 31,
  2 ** 53,
  4294967295,
  '',
  ' ',
  'a',
  '__proto__',
  'constructor',
  '0',
  '1e9',
  '\0',
  '\ud800',
  'x'.repeat(3000),
  [],
  [null],
  [[]],
  [[[]]],
  {},
  { a: 1 },
  { length: 1e9 },
  [1, 2, 3],
  ['a'],
  Array(300).fill(0),
];
const KEYS = ['__proto__', 'constructor', 'toString', '', 'length', '0', 'then', 'toJSON'];

/** Marks, in a mutated value, where text is put that no value can be written as. */
const RAW = '\u0001raw';
const RAW_TEXTS = [
  '1e999',
  '-1e999',
  '-0',
  '[',
  '}',
  '01',
  '"\\ud800"',
  'NaN',
  '[[[[[[[[',
  '{"a":1,"a":2}',
  '1'.repeat(400),
];

/**
 * JSON that is like another: values of another kind, keys lost, doubled or renamed, and seldom text that is no JSON.
 *
 * @returns {string}
 */
export function mutateJson(random, value) {
  let changed = structuredClone(value);
  for (let i = random.few(); i > 0; i--) changed = changeJson(random, changed, changed);
  if (random.chance(0.1)) changed = changeJson(random, changed, RAW);
  let text = JSON.stringify(changed) ?? 'null';
  text = text.replaceAll(JSON.stringify(RAW), () => random.pick(RAW_TEXTS));
  if (random.chance(0.02))
    text = text.replace(/null|\d+/, () => `${'['.repeat(20_000)}${']'.repeat(20_000)}`);
  return random.chance(0.05) ? mutateText(random, text) : text;
}

/** @param donor a value from which pieces are taken, or {@link RAW} */
function changeJson(random, root, donor) {
  const path = randomPath(random, root);
  const last = path.pop();
  if (last === undefined) return random.chance(0.1) ? random.pick(VALUES) : root;
  const { holder, key } = last;
  const value = holder[key];
  const set = (next) => {
    if (key === '__proto__')
      Object.defineProperty(holder, key, {
        value: next,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else holder[key] = next;
  };
  if (donor === RAW) set(RAW);
  else if (random.chance(0.15)) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  } else if (random.chance(0.1) && Array.isArray(holder))
    holder.splice(Number(key), 0, structuredClone(random.pick(holder)));
  else if (random.chance(0.1) && !Array.isArray(holder)) {
    delete holder[key];
    Object.defineProperty(holder, random.pick([...KEYS, `${key}s`, String(key).toUpperCase()]), {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else if (typeof value === 'number' && random.chance(0.6)) set(changedNumber(random, value));
  else if (typeof value === 'string' && random.chance(0.4)) set(mutateText(random, value));
  else if (random.chance(0.3)) set(structuredClone(atRandom(random, donor)));
  else set(structuredClone(random.pick(VALUES)));
  return root;
}

function changedNumber(random, value) {
  return random.pick([
    random.edge(),
    random.edge(),
    value + 1,
    value - 1,
    -value,
    value * 1e6,
    value / 3,
    value + 0.5,
    1e308,
    1e-300,
  ]);
}

/** A place in a value, deep ones as likely as shallow ones. */
function randomPath(random, root) {
  const path = [];
  for (let at = root; typeof at === 'object' && at !== null; ) {
    const keys = Object.keys(at);
    if (keys.length === 0 || (path.length > 0 && random.chance(0.25))) break;
    const key = random.pick(keys);
    path.push({ holder: at, key });
    at = at[key];
  }
  return path;
}

function atRandom(random, root) {
  const last = randomPath(random, root).pop();
  return last === undefined ? root : last.holder[last.key];
}
