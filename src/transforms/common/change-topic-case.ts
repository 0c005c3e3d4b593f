import { ConfigDef, oneOf, string } from '../../config/index.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateApply } from '../record-side.ts';

/** How words make a name: what stands between them, and how each is written. */
interface CaseFormat {
  readonly separator: string;
  readonly first: (word: string) => string;
  readonly next: (word: string) => string;
}

const lower = (word: string): string => word.toLowerCase();
const upper = (word: string): string => word.toUpperCase();
const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();

/** com.google.common.base.CaseFormat's. */
const formats: Readonly<Record<string, CaseFormat>> = {
  LOWER_HYPHEN: { separator: '-', first: lower, next: lower },
  LOWER_UNDERSCORE: { separator: '_', first: lower, next: lower },
  LOWER_CAMEL: { separator: '', first: lower, next: capital },
  UPPER_CAMEL: { separator: '', first: capital, next: capital },
  UPPER_UNDERSCORE: { separator: '_', first: upper, next: upper },
};
const caseName = oneOf(...Object.keys(formats));

export const changeTopicCaseConfig = new ConfigDef({
  from: string({ importance: 'HIGH', validator: caseName, documentation: 'How topics are written.' }),
  to: string({ importance: 'HIGH', validator: caseName, documentation: 'How they are to be written.' }),
});

/** com.github.jcustenborder.kafka.connect.transform.common.ChangeTopicCase, which Confluent documents: `orderLines` → `ORDER_LINES`. */
export const changeTopicCase: CreateApply = (config) => {
  const { from, to } = parseConfig(changeTopicCaseConfig, config);
  const [before, after] = [formats[from], formats[to]];
  if (before === undefined || after === undefined || before === after) return (record) => record;
  const wordsOf = (topic: string): readonly string[] =>
    before.separator === '' ? topic.split(/(?<!^)(?=[A-Z])/) : topic.split(before.separator);
  return (record) => {
    const [first = '', ...next] = wordsOf(record.topic);
    return { ...record, topic: [after.first(first), ...next.map(after.next)].join(after.separator) };
  };
};
