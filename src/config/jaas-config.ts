/** One login module of a JAAS configuration, as `sasl.jaas.config` holds it (Kafka documentation, "JAAS configuration"). */
export interface JaasConfig {
  readonly loginModule: string;
  readonly options: Readonly<Record<string, string>>;
}

const moduleAndFlag = /^\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b/i;
const option = /([\w.-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;]+))/g;
const escaped = /\\(.)/g;

/** Null where the text is not `Module required name="value" …;`. */
export const parseJaasConfig = (text: string): JaasConfig | null => {
  const head = moduleAndFlag.exec(text);
  if (head === null || !text.trimEnd().endsWith(';')) return null;
  const options: Record<string, string> = {};
  for (const [, name = '', double, single, bare] of text.slice(head[0].length).matchAll(option)) {
    options[name] = (double ?? single ?? bare ?? '').replace(escaped, '$1');
  }
  return { loginModule: head[1] ?? '', options };
};
