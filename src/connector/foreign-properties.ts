import { acceptedProperties } from './accepted-properties.ts';

/** Names that are read, or told of, elsewhere. */
const unused: ReadonlySet<string> = new Set(['snowflake.warehouse', 'snowflake.table.name', 'snowflake.password']);

/** Families of keys: converters, transforms, client overrides, JVM proxies. */
const families =
  /^(key\.converter|value\.converter|header\.converter|transforms|predicates|consumer\.override|producer\.override|admin\.override|connector\.plugin|jvm|snowflake\.feature)\.|\.plugin\.version$/;

/** What only the managed service looks at. */
const managed =
  /^(kafka\.|input\.|schema\.|auto\.restart\.|csfle\.|max\.poll\.|enable\.dynamic\.|value\.subject\.|key\.subject\.|schema\.context\.|connection\.)/;

/** Whether a key is some other program's or feature's, so that it is no typing mistake. */
export const isForeign = (name: string, isManaged: boolean): boolean =>
  unused.has(name) || name in acceptedProperties('own') || families.test(name) || (isManaged && managed.test(name));
