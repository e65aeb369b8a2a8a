import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, filterSql, parseFilter } from '../../src/registry/model-query.js';
import { listModels } from '../../src/registry/models.js';
import { failure } from '../deployment/failure.js';
import { makeStore, type TestStore } from './store.js';

let store: TestStore;
beforeAll(async () => {
  store = await makeStore();
});
afterAll(() => store.remove());

interface Row {
  readonly name: string;
  readonly created: string;
  readonly deprecated: boolean;
  readonly properties: Readonly<Record<string, unknown>>;
}

function fill(rows: readonly Row[]): void {
  store.database.exec('DELETE FROM model');
  const insert = store.database.prepare(
    `INSERT INTO model (id, name, artefact, file_name, format, bytes, properties, created, updated, deprecated)
     VALUES (?, ?, '', '', '', 0, ?, ?, ?, ?)`,
  );
  for (const [index, { name, created, deprecated, properties }] of rows.entries()) {
    insert.run(`id-${index}`, name, JSON.stringify(properties), created, created, Number(deprecated));
  }
}

const idsOf = (property: readonly string[], orderby?: string): string[] =>
  listModels(store, { property, limit: 1000, orderby }).models.map(({ id }) => id);

/** Text of any kind, but for what no name may hold. */
const anyText = fc.string({ unit: 'binary', maxLength: 6 }).map((text) => text.replaceAll('\0', ''));
const someText = fc.oneof(
  anyText,
  fc.constantFrom('a', 'A', '', '1', '1.0', '-2', 'true', 'null', "x' OR 1=1 --", '"', "'", '\\', '%', 'a,b'),
);
const someValue = fc.oneof(
  someText,
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0.5, 1.5, true, false, null),
);
const someRow: fc.Arbitrary<Row> = fc.record({
  name: someText,
  created: fc.constantFrom(
    '2026-01-01T00:00:00.000Z',
    '2026-02-01T12:00:00.000Z',
    '2026-02-01T12:00:00.001Z',
  ),
  deprecated: fc.boolean(),
  properties: fc.dictionary(fc.constantFrom('colour', 'Count', 'x.y', 'größe', '$'), someValue, {
    noNullPrototype: true,
  }),
});

const anyOperator = fc.constantFrom<Comparison['operator']>('==', '!=', '<', '<=', '>', '>=');
const equality = fc.constantFrom<Comparison['operator']>('==', '!=');
const someComparison: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({ property: fc.constant('name'), operator: anyOperator, value: someText }),
  fc.record({
    property: fc.constant('created'),
    operator: anyOperator,
    value: fc.constantFrom('2026-01-01', '2026-02-01T12:00:00Z', '2026-02-01T13:00:00.001+01:00'),
  }),
  fc.record({
    property: fc.constant('deprecated'),
    operator: equality,
    value: fc.constantFrom('true', 'false'),
  }),
  fc.record({
    property: fc.constantFrom('colour', 'COUNT', 'x.y', 'größe', '$', 'missing'),
    operator: anyOperator,
    value: someText,
  }),
);

/** As a client writes it. */
const written = ({ property, operator, value }: Comparison): string =>
  `${property}${operator}"${value.replace(/["\\]/g, '\\$&')}"`;

/** What the words of docs/registry.md mean, without SQL. */
function holds(row: Row, { property, operator, value }: Comparison): boolean {
  switch (property) {
    case 'name':
      return compared(compareText(row.name, value), operator);
    case 'created':
      return compared(Date.parse(row.created) - Date.parse(value), operator);
    case 'deprecated':
      return (row.deprecated === (value === 'true')) === (operator === '==');
    default: {
      if (operator === '!=') return !holds(row, { property, operator: '==', value });
      const stated = Object.entries(row.properties).filter(
        ([key]) => key.toLowerCase() === property.toLowerCase(),
      );
      return stated.some(([, found]) => valueHolds(found, operator, value));
    }
  }
}

function valueHolds(found: unknown, operator: Comparison['operator'], value: string): boolean {
  if (typeof found === 'string') return compared(compareText(found, value), operator);
  const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
  if (typeof found === 'number') return isNumber && compared(found - Number(value), operator);
  return operator === '==' && String(found) === value;
}

const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function compared(sign: number, operator: Comparison['operator']): boolean {
  switch (operator) {
    case '==':
      return sign === 0;
    case '!=':
      return sign !== 0;
    case '<':
      return sign < 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    case '>=':
      return sign >= 0;
  }
}

describe('a filter', () => {
  it('finds what the same comparison finds in plain JavaScript', () => {
    fc.assert(
      fc.property(
        fc.array(someRow, { maxLength: 8 }),
        fc.array(someComparison, { minLength: 1, maxLength: 3 }),
        (rows, comparisons) => {
          fill(rows);
          const expected = rows.flatMap((row, index) =>
            comparisons.every((comparison) => holds(row, comparison)) ? [`id-${index}`] : [],
          );
          expect(idsOf([comparisons.map(written).join(',')], 'id')).toEqual(expected);
          // The same, as several parameters.
          expect(idsOf(comparisons.map(written), 'id')).toEqual(expected);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(someComparison, { minLength: 1, maxLength: 5 }), (comparisons) => {
        const expected = comparisons.map(({ property, ...rest }) => ({
          property: property.toLowerCase(),
          ...rest,
        }));
        expect(parseFilter(comparisons.map(written).join(' , '))).toEqual(expected);
      }),
    );
  });

  it.each([
    ['name==Your Model - 0615-1342-45', 'Your Model - 0615-1342-45'],
    ['  name ==  spaces around  ', 'spaces around'],
    ["name=='one, two'", 'one, two'],
    ['name=="say \\"hi\\""', 'say "hi"'],
    ['name==""', ''],
    ['name==a=b', 'a=b'],
    ['name==5" disk', '5" disk'],
  ])('%s looks for what is meant', (text, value) => {
    expect(parseFilter(text)).toEqual([{ property: 'name', operator: '==', value }]);
  });

  it.each([
    '',
    ',',
    'name',
    'name=Cups',
    'name===Cups',
    'name=gt=3',
    'name~Cups',
    'name<>Cups',
    '==Cups',
    'name==',
    'name==Cups,',
    'name==Cups,,created>2026-01-01',
    'name=="Cups',
    'name=="Cups" or 1',
    'created>yesterday',
    'created>2026-99-01',
    'deleted==maybe',
    'deleted>true',
    'a;b==3',
    "name'==x",
  ])('%s is refused', async (text) => {
    expect((await failure(() => listModels(store, { property: [text] }))).code).toBe('ERR_REGISTRY_QUERY');
  });

  it('is refused where it is too long', async () => {
    for (const text of [`name==${'x'.repeat(5000)}`, Array(30).fill('name==x').join(',')]) {
      expect((await failure(() => listModels(store, { property: [text] }))).code).toBe('ERR_REGISTRY_QUERY');
    }
  });

  const ATTACKS = [
    "x'; DROP TABLE model; --",
    "' OR '1'='1",
    "x') OR 1=1 --",
    '?1',
    ":a' UNION SELECT hash, 1 FROM api_key --",
    '%',
    '_',
  ];
  it.each(ATTACKS)('%s is a value like any other', (value) => {
    fill([row('one'), row(value)]);
    const quoted = `"${value}"`;
    expect(idsOf([`name==${quoted}`])).toEqual(['id-1']);
    expect(idsOf([`colour==${quoted}`])).toEqual([]);
    expect(store.database.prepare('SELECT count(*) AS n FROM model').get()).toEqual({ n: 2 });
  });

  it.each(['artefact', 'number', 'rowid', 'file_name', '(SELECT(1))', 'model.id', '--', '?2', ':a'])(
    'the property %s reaches no column and no SQL',
    (property) => {
      fill([row('one')]);
      const { text, values } = filterSql(parseFilter(`${property}==1`));
      expect(text).not.toContain(property);
      expect(values).toContain(property.toLowerCase());
      expect(idsOf([`${property}==1`])).toEqual([]);
    },
  );
});

describe('an order', () => {
  it('takes several properties, turned round with a minus, then the order of registration', () => {
    fill([
      { ...row('b'), properties: { rank: 2 } },
      { ...row('a'), properties: { rank: 2 } },
      { ...row('c'), properties: { RANK: 1 } },
      { ...row('a'), properties: { rank: 3 } },
    ]);
    expect(idsOf([], 'name,-rank')).toEqual(['id-3', 'id-1', 'id-0', 'id-2']);
    expect(idsOf([], 'Rank')).toEqual(['id-2', 'id-0', 'id-1', 'id-3']);
    expect(idsOf([])).toEqual(['id-0', 'id-1', 'id-2', 'id-3']);
    expect(idsOf([], '-created')).toEqual(['id-0', 'id-1', 'id-2', 'id-3']);
  });

  it.each([
    '',
    ',',
    'name,',
    '--name',
    'name desc',
    'name;',
    "a'b",
    'a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a',
  ])('%s is refused', async (orderby) => {
    expect((await failure(() => listModels(store, { orderby }))).code).toBe('ERR_REGISTRY_QUERY');
  });
});

function row(name: string): Row {
  return { name, created: '2026-01-01T00:00:00.000Z', deprecated: false, properties: {} };
}
