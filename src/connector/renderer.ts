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

export const jsonRenderer: Renderer = {
  nothing: 'null',
  separator: ',',
  string: jsonString,
  member: (name, value) => `${jsonString(name)}:${value}`,
};

/** `{a=1, b=[x, null]}`: v4's headers without snowflake.feature.structured.headers. */
export const javaRenderer: Renderer = {
  nothing: 'null',
  separator: ', ',
  string: (text) => text,
  member: (name, value) => `${name}=${value}`,
};
