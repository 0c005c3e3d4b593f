import { DataError } from '../../api/index.ts';
import type { RegisteredSchema } from '../../registry/index.ts';
import { parseJson } from '../json-parser.ts';

/** A JSON Schema object as it was written; `true` and `false` are schemas too, and not objects. */
export type JsonSchemaNode = ReadonlyMap<string, unknown>;

/** A schema with the document that its local references mean. */
export interface SchemaPlace {
  readonly node: JsonSchemaNode;
  readonly document: JsonSchemaNode;
}

const emptyNode: JsonSchemaNode = new Map();
export const asNode = (value: unknown): JsonSchemaNode => (value instanceof Map ? value : emptyNode);

/** A registered schema and those that it refers to by name. */
export class JsonSchemaDocuments {
  readonly root: JsonSchemaNode;
  readonly #byName = new Map<string, JsonSchemaNode>();

  constructor({ text, references }: Pick<RegisteredSchema, 'text' | 'references'>) {
    this.root = parseNode(text);
    for (const reference of references) this.#byName.set(reference.name, parseNode(reference.text));
  }

  /** What `$ref` means: `#/definitions/x`, `#name`, a referenced schema's name or `$id`, with such a fragment or without. */
  resolve(ref: string, document: JsonSchemaNode): SchemaPlace {
    const hash = ref.indexOf('#');
    const name = hash < 0 ? ref : ref.slice(0, hash);
    const fragment = hash < 0 ? '' : ref.slice(hash + 1);
    const target = name === '' ? document : this.#document(name);
    const node = target === null ? null : within(target, fragment);
    if (target !== null && node !== null) return { node, document: target };
    throw new DataError(
      `The JSON schema refers to ${ref}, which is neither in it nor among its references in the registry`,
    );
  }

  #document(name: string): JsonSchemaNode | null {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const all = [this.root, ...this.#byName.values()];
    const exact = all.find((document) => idOf(document) === name);
    if (exact !== undefined) return exact;
    // Relative to a base address that the registry's names do not have.
    const last = name.slice(name.lastIndexOf('/') + 1);
    for (const [other, document] of this.#byName) if (other.slice(other.lastIndexOf('/') + 1) === last) return document;
    return byIdentifier(this.root, name);
  }
}

const parseNode = (text: string): JsonSchemaNode => {
  const { value } = parseJson(Buffer.from(text));
  if (value instanceof Map) return value;
  throw new DataError('The JSON schema is no object');
};

const idOf = (node: JsonSchemaNode): unknown => node.get('$id') ?? node.get('id');

const within = (document: JsonSchemaNode, fragment: string): JsonSchemaNode | null => {
  if (fragment === '') return document;
  if (!fragment.startsWith('/')) return byIdentifier(document, fragment);
  let at: unknown = document;
  for (const step of fragment.slice(1).split('/')) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    at = Array.isArray(at) ? at[Number(name)] : at instanceof Map ? at.get(name) : undefined;
  }
  return at instanceof Map ? at : null;
};

/** Search by `$anchor` or `$id` (`#name`). */
const byIdentifier = (document: JsonSchemaNode, name: string): JsonSchemaNode | null => {
  const queue: unknown[] = [document];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (at instanceof Map) {
      const id = idOf(at);
      if (at.get('$anchor') === name || id === name || id === `#${name}`) return at;
      queue.push(...at.values());
    } else if (Array.isArray(at)) queue.push(...at);
  }
  return null;
};
