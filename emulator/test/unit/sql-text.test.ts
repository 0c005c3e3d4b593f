import { expect, test } from 'vitest';
import { applyBindings, readBindings } from '../../src/sql/bindings.ts';
import { selectItemTexts } from '../../src/sql/select-items.ts';
import { splitStatements } from '../../src/sql/tokenizer.ts';

test('scripts split at semicolons outside of strings, names and comments', () => {
  expect(splitStatements(`select ';'; -- a; b\nselect ";" /* ; */; ; select $$;$$`)).toEqual([
    `select ';'`,
    `-- a; b\nselect ";" /* ; */`,
    'select $$;$$',
  ]);
});

test('binds become literals, by order and by number, never inside strings', () => {
  const bindings = readBindings({
    1: { type: 'TEXT', value: `it's \\ x` },
    2: { type: 'FIXED', value: '7' },
    3: { type: 'TEXT', value: null },
  });
  expect(applyBindings(`select ?, '?', ?, ?`, bindings)).toBe(`select 'it''s \\\\ x', '?', 7, NULL`);
  expect(applyBindings('select a:b, :2', bindings)).toBe('select a:b, 7');
});

test('a number that is none does not reach the statement', () => {
  expect(() => applyBindings('select ?', readBindings({ 1: { type: 'FIXED', value: '1; drop table t' } }))).toThrow(
    'is not recognized',
  );
});

test('bulk binds repeat the row', () => {
  const bindings = readBindings({
    1: { type: 'FIXED', value: ['1', '2'] },
    2: { type: 'TEXT', value: ['a', null] },
  });
  expect(applyBindings('insert into t values (?, ?)', bindings)).toBe(`insert into t values (1, 'a'), (2, NULL)`);
});

test('headings come from the list as written', () => {
  expect(selectItemTexts('with c as (select 1) select distinct a:offset::int, f(x, y) from t')).toEqual([
    'a:offset::int',
    'f(x, y)',
  ]);
});
