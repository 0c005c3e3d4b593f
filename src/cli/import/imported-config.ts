/** One line of the table old → new → effect. */
export interface Change {
  /** As the old config names it; '' where it says nothing of the kind. */
  readonly old: string;
  /** As ours has it; '' where it is left out. */
  readonly now: string;
  readonly effect: string;
}

export interface ImportedConfig {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  readonly changes: readonly Change[];
}

/** For people: secrets stay out. */
export const changesText = ({ name, changes }: ImportedConfig): string => {
  const rows = [{ old: 'old', now: 'new', effect: 'effect' }, ...changes];
  const width = (side: 'old' | 'now'): number => Math.min(56, Math.max(...rows.map((row) => row[side].length)));
  const line = ({ old, now, effect }: Change): string =>
    `${(old || '–').padEnd(width('old'))}  ${(now || '–').padEnd(width('now'))}  ${effect}`;
  return [`${name}:`, ...rows.map(line)].join('\n');
};

const secret = /private\.?key|passphrase|password|secret|jaas|token|api\.key|user\.info/i;

/** `key=value`, a secret's value hidden. Variables are no secrets. */
export const shown = (key: string, value: string): string =>
  `${key}=${secret.test(key) && !/^\$\{.*\}$/.test(value) && !/\.(provider|enable|source)$/.test(key) ? '[hidden]' : value}`;
