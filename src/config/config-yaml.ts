import { createRequire } from 'node:module';
import type { Document, LineCounter, Node } from 'yaml';
import { ConfigError } from '../api/index.ts';
import { type ConfigJson, type ConfigJsonObject, isConfigJsonObject } from './config-json.ts';

/** Loaded when the first YAML file is read: most workers have none. */
const loadYaml = (): typeof import('yaml') => createRequire(import.meta.url)('yaml');

class YamlReader {
  readonly #yaml: typeof import('yaml');
  readonly #lines: LineCounter;
  readonly #document: Document.Parsed;
  readonly #file: string;

  constructor(text: string, file: string) {
    this.#yaml = loadYaml();
    this.#lines = new this.#yaml.LineCounter();
    this.#file = file;
    this.#document = this.#yaml.parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const [error] = this.#document.errors;
    // its message may quote a value: the code tells what is wrong
    if (error !== undefined)
      this.#fail(error.pos[0], `not valid YAML: ${error.code.toLowerCase().replaceAll('_', ' ')}`);
  }

  read(): ConfigJson {
    return this.#value(this.#document.contents);
  }

  #value(given: unknown): ConfigJson {
    const { isAlias, isMap, isScalar, isSeq } = this.#yaml;
    const node = isAlias(given) ? given.resolve(this.#document) : given;
    if (isMap(node)) return this.#map(node.items);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.#value(item));
      return items.every((item) => typeof item === 'string') ? items.join(',') : items;
    }
    if (!isScalar(node) || node.value === null) return null;
    return node.type === 'PLAIN' ? (node.source ?? String(node.value)) : String(node.value);
  }

  #map(items: readonly { readonly key: unknown; readonly value: unknown }[]): ConfigJsonObject {
    const members = new Map<string, ConfigJson>();
    const lines = new Map<string, number>();
    for (const { key, value } of items) {
      const name = this.#text(key);
      members.set(name, this.#value(value));
      lines.set(name, this.#lineOf(key));
    }
    return { members, lines };
  }

  #text(given: unknown): string {
    const value = this.#value(given);
    return typeof value === 'string' ? value : this.#fail(this.#startOf(given), 'a text is expected here');
  }

  #startOf(node: unknown): number {
    return this.#yaml.isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0;
  }

  #lineOf(node: unknown): number {
    return this.#lines.linePos(this.#startOf(node)).line;
  }

  #fail(at: number, message: string): never {
    const { line, col } = this.#lines.linePos(at);
    throw new ConfigError([{ key: '', message: `${this.#file}, line ${line}, column ${col}: ${message}.` }]);
  }
}

/**
 * YAML as the same tree that JSON gives: every scalar as it was written, lists of texts joined with commas. Throws ConfigError naming
 * file, line and column, never quoting a value.
 */
export const parseConfigYaml = (text: string, file: string): ConfigJson => new YamlReader(text, file).read();

/** Inner maps become dotted names: `consumer: {max.poll.records: 5}` is `consumer.max.poll.records`. */
export const withDottedNames = (object: ConfigJsonObject, prefix = ''): ConfigJsonObject => {
  const members = new Map<string, ConfigJson>();
  const lines = new Map<string, number>();
  for (const [name, value] of object.members) {
    const line = object.lines.get(name) ?? 0;
    if (!isConfigJsonObject(value)) {
      members.set(`${prefix}${name}`, value);
      lines.set(`${prefix}${name}`, line);
      continue;
    }
    const inner = withDottedNames(value, `${prefix}${name}.`);
    for (const [innerName, innerValue] of inner.members) members.set(innerName, innerValue);
    for (const [innerName, innerLine] of inner.lines) lines.set(innerName, innerLine);
  }
  return { members, lines };
};
