import { RecordValueError } from '../api/index.ts';

/** What went wrong with a record, its causes too; records' values stay out of what is printed. */
export const messageWithoutValue = (error: Error): string => {
  const messages: string[] = [];
  for (let at: unknown = error; at instanceof Error && messages.length < 4; at = at.cause) {
    if (at instanceof RecordValueError) return [...messages, at.withoutValue].join(': ');
    messages.push(at.message.replace(/[.:]\s*$/, ''));
  }
  return messages.join(': ');
};
