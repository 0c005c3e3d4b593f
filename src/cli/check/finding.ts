/** One line of a check: what was looked at, how it stands, and where it is not well what mends it. */
export interface Finding {
  readonly level: 'ok' | 'note' | 'warn' | 'fail';
  /** File or connector. */
  readonly source: string;
  /** Property, or what was looked at: `broker`, `table ORDERS`. */
  readonly subject: string;
  /** What, why and the fix. */
  readonly message: string;
}

export type Report = (level: Finding['level'], subject: string, message: string) => void;

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').trim();

/** A line for people. A message that begins with its key does not say it twice. */
export const findingText = ({ level, source, subject, message }: Finding): string => {
  const text = oneLine(message);
  const named = subject === '' || text.startsWith(subject) ? text : `${subject}: ${text}`;
  return `${level.padEnd(4)}  ${source}: ${named}`;
};

const count = (findings: readonly Finding[], level: Finding['level']): number =>
  findings.filter((finding) => finding.level === level).length;

const amount = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** Problems first, so that the first line says what to mend; then a line that sums up. */
export const findingsText = (findings: readonly Finding[]): string => {
  const order = ['fail', 'warn', 'note', 'ok'];
  const sorted = findings.toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
  const sum = `${amount(count(findings, 'fail'), 'problem')}, ${amount(count(findings, 'warn'), 'warning')}`;
  return [...sorted.map(findingText), sum].join('\n');
};

/** For programs. */
export const findingsJson = (findings: readonly Finding[]): string =>
  JSON.stringify({ ok: count(findings, 'fail') === 0, findings }, null, 2);
