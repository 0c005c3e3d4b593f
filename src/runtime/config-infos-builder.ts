import type { ConfigProblem } from '../api/index.ts';
import type { ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValue } from '../config/index.ts';
import { configValueInfo } from '../config/index.ts';

/** org.apache.kafka.connect.runtime.AbstractHerder.generateResult and mergeConfigInfos: definitions, values and errors, side by side. */
export class ConfigInfosBuilder {
  readonly #definitions = new Map<string, ConfigKeyInfo>();
  readonly #values = new Map<string, ConfigValue>();
  readonly #recommended = new Map<string, readonly string[]>();
  readonly #groups = new Set<string>();
  readonly #advice = new Map<string, string>();

  define(definitions: readonly ConfigKeyInfo[]): void {
    for (const definition of definitions) {
      this.#definitions.set(definition.name, definition);
      if (definition.group !== null) this.#groups.add(definition.group);
    }
  }

  set(values: readonly ConfigValue[]): void {
    for (const value of values) this.#values.set(value.name, value);
  }

  recommend(name: string, values: readonly string[]): void {
    this.#recommended.set(name, values);
  }

  hasErrors(name: string): boolean {
    return (this.#values.get(name)?.errors.length ?? 0) > 0;
  }

  /** One more message on a key, defined or not. */
  addError(name: string, message: string, advice?: string): void {
    if (advice !== undefined) this.#advice.set(`${name}\n${message}`, advice);
    const known = this.#values.get(name) ?? { name, value: null, errors: [] };
    this.#values.set(name, { ...known, errors: [...known.errors, message] });
  }

  /** Everything that is wrong, in the order of the definitions. */
  problems(): readonly ConfigProblem[] {
    return this.build('').configs.flatMap(({ value }) => {
      const { name = '', errors = [] } = value ?? {};
      return errors.map((message) => {
        const advice = this.#advice.get(`${name}\n${message}`);
        return { key: name, message, ...(advice === undefined ? {} : { advice }) };
      });
    });
  }

  build(name: string): ConfigInfos {
    const undefinedKeys = [...this.#values.values()].filter((value) => !this.#definitions.has(value.name));
    const configs: ConfigInfo[] = [
      ...undefinedKeys.map((value) => ({ definition: null, value: configValueInfo(value) })),
      ...[...this.#definitions.values()].map((definition) => {
        const value = this.#values.get(definition.name);
        const recommended = this.#recommended.get(definition.name);
        return { definition, value: value === undefined ? null : configValueInfo(value, recommended) };
      }),
    ];
    const errorCount = configs.reduce((count, { value }) => count + (value?.errors.length ?? 0), 0);
    return { name, error_count: errorCount, groups: [...this.#groups], configs };
  }
}
