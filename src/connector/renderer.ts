/** How a converted value becomes text: as JSON, or as Java's toString does. Parts come rendered already. */
export interface Renderer {
  readonly nothing: string;
  /** Between elements and between members. */
  readonly separator: string;
  string(text: string): string;
  member(name: string, value: string): string;
}

/** All but what JSON must escape, and surrogates, which only a pair makes whole. */
const plainText = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** JSON.stringify of a string, at a third of the time for the short plain ones that most are. */
export const jsonString = (text: string): string => (plainText.test(text) ? `"${text}"` : JSON.stringify(text));

/** `"name":` of plain names seen so far: a topic's records have the same ones, and looking one up takes a third of looking at its characters. */
const names = new Map<string, string>();
const maxNames = 4096;
const maxNameLength = 64;

const nameOfMember = (name: string): string => names.get(name) ?? newName(name);

const newName = (name: string): string => {
  if (name.length > maxNameLength || !plainText.test(name)) return `${jsonString(name)}:`;
  if (names.size >= maxNames) names.clear();
  // A copy: V8's slice of a record's text would keep all of it.
  const copy = Buffer.from(name).toString();
  const made = Buffer.from(`"${name}":`).toString();
  names.set(copy, made);
  return made;
};

export const jsonRenderer: Renderer = {
  nothing: 'null',
  separator: ',',
  string: jsonString,
  member: (name, value) => nameOfMember(name) + value,
};

/** `{a=1, b=[x, null]}`: v4's headers without snowflake.feature.structured.headers. */
export const javaRenderer: Renderer = {
  nothing: 'null',
  separator: ', ',
  string: (text) => text,
  member: (name, value) => `${name}=${value}`,
};
