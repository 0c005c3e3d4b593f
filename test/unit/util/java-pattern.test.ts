// biome-ignore-all lint/suspicious/noTemplateCurlyInString: replacements as Java writes them
import { describe, expect, test } from 'vitest';
import { compileJavaPattern, JavaPatternError, ReplacementError } from '../../../src/util/java-pattern.ts';

/** Recorded from the JDK. */
describe('java patterns', () => {
  test.each([
    ['test', 'test', true],
    ['es', 'test', false],
    ['(?i)TEST', 'test', true],
    ['te(?i)ST|X', 'x', true],
    ['te++st', 'test', true],
    ['t.*+t', 'test', false],
    ['(?>te|t)est', 'test', false],
    ['t{1,2}+est', 'test', true],
    ['\\Qmy.topic\\E', 'my.topic', true],
    ['\\Qmy.topic', 'myxtopic', false],
    ['[a-z&&[^x]]+', 'test', true],
    ['[a-z&&[^x]]+', 'text', false],
    ['[a&&]', 'a', true],
    ['[a[bc]]+', 'abc', true],
    ['[\\w.-]+', 'my.topic-v1', true],
    ['\\p{Alnum}+', 'é', false],
    ['\\p{L}+', 'é', true],
    ['\\s', '\u00a0', false],
    ['\\h', '\u00a0', true],
    ['(t)\\1?est', 'test', true],
    ['a]', 'a]', true],
    ['t\\x65\\u0073t', 'test', true],
  ])('%s on %s', (pattern, text, matches) => {
    expect(compileJavaPattern(pattern).matches(text)).toBe(matches);
  });

  test.each([
    ['t(.*)', 'test', '$1-x', 'est-x'],
    ['(?<first>[^.]*)[.](.*)', 'my.topic', '$2_${first}', 'topic_my'],
    ['a|ab', 'ab', 'X', 'Xb'],
    ['(.*)', 'test', '\\$1', '$1'],
    ['t(a)?.*', 'test', '[$1]', '[]'],
    ['e++(s)(t)', 'est', '$2$1', 'ts'],
    ['(t)(e)(s)(t)', 'test', '$11', 't1'],
    ['x', 'test', '$9', 'test'],
  ])('%s on %s, replaced by %s', (pattern, text, replacement, expected) => {
    expect(compileJavaPattern(pattern).replaceFirst(text, replacement)).toBe(expected);
  });

  test.each([
    ['(', 'Unclosed group near index 1\n('],
    ['a)', "Unmatched closing ')' near index 0\na)\n^"],
    [')', "Unmatched closing ')'\n)"],
    ['*', "Dangling meta character '*' near index 0\n*\n^"],
    ['[a', 'Unclosed character class near index 1\n[a\n ^'],
    ['a{', 'Illegal repetition near index 2\na{'],
    ['a{2,1}', 'Illegal repetition range near index 5\na{2,1}\n     ^'],
    ['[z-a]', 'Illegal character range near index 3\n[z-a]\n   ^'],
    ['(?z)', 'Unknown inline modifier near index 2\n(?z)\n  ^'],
    ['\\y', 'Illegal/unsupported escape sequence near index 1\n\\y\n ^'],
    ['(?<a>x)(?<a>y)', 'Named capturing group <a> is already defined near index 11\n(?<a>x)(?<a>y)\n           ^'],
  ])('%s is refused in Java’s words', (pattern, message) => {
    expect(() => compileJavaPattern(pattern)).toThrow(new JavaPatternError(message));
  });

  test.each(['(?x)a b', '\\X', '(a)++b'])(
    '%s, which JavaScript cannot do, is refused with what to write',
    (pattern) => {
      expect(() => compileJavaPattern(pattern)).toThrow(/is not supported: /);
    },
  );

  test.each([
    ['$2', 'java.lang.IndexOutOfBoundsException', 'No group 2'],
    ['$', 'java.lang.IllegalArgumentException', 'Illegal group reference: group index is missing'],
    ['$x', 'java.lang.IllegalArgumentException', 'Illegal group reference'],
    ['\\', 'java.lang.IllegalArgumentException', 'character to be escaped is missing'],
    ['${}', 'java.lang.IllegalArgumentException', 'named capturing group has 0 length name'],
    ['${zz}', 'java.lang.IllegalArgumentException', 'No group with name {zz}'],
  ])('replacement %s names no group', (replacement, javaClass, message) => {
    const replace = () => compileJavaPattern('t(.*)').replaceFirst('test', replacement);
    expect(replace).toThrow(new ReplacementError(javaClass, message));
  });
});
