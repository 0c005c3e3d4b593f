/** How a converted value becomes text: as JSON, or as Java's toString does. Parts come rendered already. */
export interface Renderer {
  readonly nothing: string;
  /** Between elements and between members. */
  readonly separator: string;
  string(text: string): string;
  /** What stands before a member's value; `isNext`: with the separator from the member before. */
  name(name: string, isNext?: boolean): string;
}

/** All but what JSON must escape, and surrogates, which only a pair makes whole. */
const plainText = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** JSON.stringify of a string, at a third of the time for the short plain ones that most are. */
export const jsonString = (text: string): string => (plainText.test(text) ? `"${text}"` : JSON.stringify(text));

interface MemberName {
  /** `"name":` */
  readonly first: string;
  /** `,"name":` */
  readonly next: string;
}

/** Plain names seen so far: a topic's records have the same ones, and looking one up takes a third of looking at its characters. */
const names = new Map<string, MemberName>();
const maxNames = 4096;
const maxNameLength = 64;

const newName = (name: string): MemberName => {
  const isPlain = name.length <= maxNameLength && plainText.test(name);
  // A copy: V8's slice of a record's text would keep all of it.
  const next = Buffer.from(`,${jsonString(name)}:`).toString();
  const made = { first: Buffer.from(next.slice(1)).toString(), next };
  if (!isPlain) return made;
  if (names.size >= maxNames) names.clear();
  names.set(Buffer.from(name).toString(), made);
  return made;
};

export const jsonRenderer: Renderer = {
  nothing: 'null',
  separator: ',',
  string: jsonString,
  name: (name, isNext = false) => {
    const known = names.get(name) ?? newName(name);
    return isNext ? known.next : known.first;
  },
};

/** `{a=1, b=[x, null]}`: v4's headers without snowflake.feature.structured.headers. */
export const javaRenderer: Renderer = {
  nothing: 'null',
  separator: ', ',
  string: (text) => text,
  name: (name, isNext = false) => `${isNext ? ', ' : ''}${name}=`,
};
