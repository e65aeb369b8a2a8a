import { describe, expect, it } from 'vitest';
import { renderPage } from '../../benchmarks/page.mjs';
import { number, tableAsMarkdown, tableAsText, verdict } from '../../benchmarks/support/table.mjs';

const table = {
  title: 'Times',
  columns: ['who', number('ms', 1)],
  rows: [
    ['one | two', 12.34],
    ['nobody', null],
  ],
  notes: ['Made up.'],
};

describe('a table of figures', () => {
  it('is columns of text on a terminal, numbers to the right', () => {
    expect(tableAsText(table)).toBe('Times\n\nwho          ms\none | two  12.3\nnobody\n\nMade up.\n');
  });

  it('is Markdown on the page, with bars that do not end a cell', () => {
    expect(tableAsMarkdown(table).split('\n')).toEqual([
      'Times:',
      '',
      '| who        |   ms |',
      '| ---------- | ---: |',
      '| one \\| two | 12.3 |',
      '| nobody     |      |',
      '',
      'Made up.',
    ]);
  });

  it.each([
    [2, { least: 2 }, '>= 2 met'],
    [1.9, { least: 2 }, '>= 2 NOT MET'],
    [1, { least: 1 / 1.05 }, '>= 0.95 met'],
    [100.1, { most: 100 }, '<= 100 NOT MET'],
  ])('says whether %f is as wanted, %o', (value, limit, said) => {
    expect(verdict(value, limit)).toBe(said);
  });
});

describe('the page of results', () => {
  const machine = { Processor: 'abacus', Cores: '2' };
  const result = (date: string, more = {}) => ({
    date,
    command: 'npm run bench',
    machine,
    tables: [table],
    ...more,
  });

  it('has a section for each benchmark and says once what it was measured on', () => {
    const page = renderPage(
      new Map([
        ['classify', result('2026-11-20T10:00:00Z')],
        ['soak', result('2026-11-21T10:00:00Z')],
      ]),
    );
    expect(page.match(/^## /gm)).toHaveLength(2);
    expect(page.match(/abacus/g)).toHaveLength(1);
    expect(page).toContain('`npm run bench`, 2026-11-20.');
  });

  it('says of a section from another machine what was different there', () => {
    const other = { Processor: 'slide rule', Cores: '2' };
    const page = renderPage(
      new Map([
        ['classify', result('2026-11-20T10:00:00Z', { machine: other })],
        ['soak', result('2026-11-21T10:00:00Z')],
      ]),
    );
    expect(page).toContain('- Processor: abacus');
    expect(page).toContain('Not with what stands above: Processor slide rule.');
  });
});
