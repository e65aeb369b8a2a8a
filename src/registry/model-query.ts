/** Filters and orders of lists (`name==Cups,created>2026-01-01`), as SQL in which all that was given is bound. */
import { RegistryError } from '../errors.js';

/** A condition or an order, and what is bound in it. */
export interface Sql {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

export interface Comparison {
  /** In small letters: the document's own examples differ in theirs. */
  readonly property: string;
  readonly operator: Operator;
  readonly value: string;
}

const OPERATORS = ['==', '!=', '<=', '>=', '<', '>'] as const;
type Operator = (typeof OPERATORS)[number];

type Kind = 'text' | 'date' | 'boolean';

/** Properties that have a column of their own; all others are looked for among those that clients gave. */
const COLUMNS: Readonly<Record<string, Kind>> = {
  id: 'text',
  name: 'text',
  created: 'date',
  updated: 'date',
  deprecated: 'boolean',
  deleted: 'boolean',
};

const MOST_TERMS = 20;
const LONGEST = 4_000;

/** ISO 8601: a day, or a moment. */
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * Comparisons, of which all have to hold: comma separated, `name==Cups`, `count>=3`, `name=="one, two"`.
 *
 * @throws {RegistryError} `ERR_REGISTRY_QUERY`, with the place
 */
export function parseFilter(text: string): Comparison[] {
  if (text.length > LONGEST) throw invalid(`a filter has at most ${LONGEST} characters`);
  const comparisons: Comparison[] = [];
  let rest = text;
  do {
    const [comparison, after] = readComparison(rest);
    comparisons.push(comparison);
    rest = after;
    if (comparisons.length > MOST_TERMS) throw invalid(`more than ${MOST_TERMS} comparisons`);
  } while (rest !== '');
  return comparisons;
}

/** A condition for the table of models. */
export function filterSql(comparisons: readonly Comparison[]): Sql {
  const terms = comparisons.map(comparisonSql);
  return {
    text: terms.length === 0 ? '1' : terms.map(({ text }) => `(${text})`).join(' AND '),
    values: terms.flatMap(({ values }) => values),
  };
}

/**
 * Properties in the order of their weight: `-created,name`. Equal ones are in the order in which they were registered.
 *
 * @throws {RegistryError} `ERR_REGISTRY_QUERY`
 */
export function orderSql(text: string): Sql {
  const names = text.split(',').map((name) => name.trim());
  if (names.length > MOST_TERMS) throw invalid(`more than ${MOST_TERMS} properties to order by`);
  const terms = names.map((name) => {
    const [, sign, property = ''] = /^([-+]?)\s*([^\s=!<>~;,"'+-][^\s=!<>~;,"']*)$/.exec(name) ?? [];
    if (property === '') throw invalid(`orderby: '${excerpt(name)}' is no property`);
    const { text, values } = valueSql(lowerCase(property));
    return { text: `${text} ${sign === '-' ? 'DESC' : 'ASC'}`, values };
  });
  return {
    text: [...terms.map((term) => term.text), 'number ASC'].join(', '),
    values: terms.flatMap(({ values }) => values),
  };
}

/** @returns the first comparison, and what comes after its comma */
function readComparison(text: string): [Comparison, string] {
  const [head, name = ''] = /^\s*([^\s=!<>~;,"']+)\s*/.exec(text) ?? [];
  if (head === undefined) throw invalid(`expected a property at '${excerpt(text)}'`);
  const operator = OPERATORS.find((candidate) => text.startsWith(candidate, head.length));
  // As in `===` or `<>`, which are none of ours.
  const goesOn = operator !== undefined && /^[=!<>~]/.test(text.slice(head.length + operator.length));
  if (operator === undefined || goesOn) {
    throw invalid(
      `expected one of ${OPERATORS.join(' ')} after '${excerpt(name)}', at '${excerpt(text.slice(head.length))}'`,
    );
  }
  const [value, rest] = readValue(text.slice(head.length + operator.length));
  return [{ property: lowerCase(name), operator, value }, rest];
}

function readValue(text: string): [string, string] {
  const quoted = /^\s*("((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*(,|$)/s.exec(text);
  if (quoted !== null) {
    const [whole, , double, single, end] = quoted;
    const rest = text.slice(whole.length);
    if (end === ',' && rest === '') throw invalid('it ends in a comma');
    return [(double ?? single ?? '').replace(/\\(.)/gs, '$1'), rest];
  }
  const at = text.indexOf(',');
  const value = (at < 0 ? text : text.slice(0, at)).trim();
  if (/^["']/.test(value)) throw invalid(`the quotes at '${excerpt(text.trim())}' do not end`);
  if (value === '') throw invalid('a comparison has no value (the empty text is "")');
  const rest = at < 0 ? '' : text.slice(at + 1);
  if (at >= 0 && rest.trim() === '') throw invalid('it ends in a comma');
  return [value, rest];
}

function comparisonSql({ property, operator, value }: Comparison): Sql {
  switch (kindOf(property)) {
    case 'text':
      return { text: `${property} ${sqlOperator(operator)} ?`, values: [value] };
    case 'date':
      return { text: `${property} ${sqlOperator(operator)} ?`, values: [dateOf(property, value)] };
    case 'boolean':
      return { text: `${property} ${equality(property, operator)} ?`, values: [booleanOf(property, value)] };
    default:
      return propertySql(property, operator, value);
  }
}

/** `!=` is the opposite of `==`: it also holds where there is no such property. */
function propertySql(property: string, operator: Operator, value: string): Sql {
  if (operator === '!=') {
    const { text, values } = propertySql(property, '==', value);
    return { text: `NOT ${text}`, values };
  }
  const found = (condition: string) =>
    `EXISTS (SELECT 1 FROM json_each(properties) AS given WHERE lower(given.key) = ? AND (${condition}))`;
  const compared = sqlOperator(operator);
  const isText = `given.type = 'text' AND given.value ${compared} ?`;
  const number = Number(value);
  if (value.trim() !== '' && Number.isFinite(number)) {
    return {
      text: found(`(${isText}) OR (given.type IN ('integer', 'real') AND given.value ${compared} ?)`),
      values: [property, value, number],
    };
  }
  if (operator === '==' && /^(true|false|null)$/.test(value)) {
    return { text: found(`(${isText}) OR given.type = ?`), values: [property, value, value] };
  }
  return { text: found(isText), values: [property, value] };
}

/** What is ordered by. */
function valueSql(property: string): Sql {
  if (kindOf(property) !== undefined) return { text: property, values: [] };
  return {
    text: '(SELECT given.value FROM json_each(properties) AS given WHERE lower(given.key) = ? LIMIT 1)',
    values: [property],
  };
}

function kindOf(property: string): Kind | undefined {
  return Object.hasOwn(COLUMNS, property) ? COLUMNS[property] : undefined;
}

function sqlOperator(operator: Operator): string {
  return operator === '==' ? '=' : operator;
}

function equality(property: string, operator: Operator): string {
  if (operator === '==' || operator === '!=') return sqlOperator(operator);
  throw invalid(`${property} is true or false, and can only be compared with == and !=`);
}

function booleanOf(property: string, value: string): number {
  const word = lowerCase(value);
  if (word === 'true' || word === 'false') return word === 'true' ? 1 : 0;
  throw invalid(`${property}: expected true or false, not '${excerpt(value)}'`);
}

/** As the column has it. A `+` in a URL means a blank, so a blank is one here; without a time zone it is UTC. */
function dateOf(property: string, value: string): string {
  const [stated, time, zone] = DATE.exec(value.replace(' ', '+')) ?? [];
  const date = new Date(time !== undefined && zone === undefined ? `${stated}Z` : (stated ?? Number.NaN));
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw invalid(
    `${property}: expected a time such as 2026-01-31 or 2026-01-31T12:00:00Z, not '${excerpt(value)}'`,
  );
}

/** As SQLite's `lower()`: the letters of ASCII. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function invalid(why: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_QUERY', `The query can't be understood: ${why}.`);
}
