/** How a converted value becomes text: as JSON, or as Java's toString does. Parts come rendered already. */
export interface Renderer {
  readonly nothing: string;
  literal(text: string): string;
  string(text: string): string;
  array(elements: readonly string[]): string;
  object(members: readonly (readonly [name: string, value: string])[]): string;
}

export const jsonRenderer: Renderer = {
  nothing: 'null',
  literal: (text) => text,
  string: (text) => JSON.stringify(text),
  array: (elements) => `[${elements.join(',')}]`,
  object: (members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`,
};

/** `{a=1, b=[x, null]}`: v4's headers without snowflake.feature.structured.headers. */
export const javaRenderer: Renderer = {
  nothing: 'null',
  literal: (text) => text,
  string: (text) => text,
  array: (elements) => `[${elements.join(', ')}]`,
  object: (members) => `{${members.map(([name, value]) => `${name}=${value}`).join(', ')}}`,
};
