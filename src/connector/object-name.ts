import { ConfigError } from '../api/index.ts';

const validName = /^[_a-zA-Z][_$a-zA-Z0-9]+$/;

/**
 * The Snowflake connector's way to make an identifier of a topic's or connector's name: kept if it is one (of two characters or
 * more); else `.*` is dropped, what no identifier may hold becomes `_`, and the name's hash is added against collisions.
 * `my-topic` → `my_topic_1894580786`.
 */
export const sanitizedName = (name: string): string => {
  if (validName.test(name)) return name;
  const bare = name.replaceAll('.*', '');
  if (bare === '') {
    const message = `'${name}' cannot be made a Snowflake identifier: no character is left; give it a table by snowflake.topic2table.map`;
    throw new ConfigError([{ key: '', message }]);
  }
  const first = /^[_a-zA-Z]/.test(bare) ? '' : '_';
  return `${first}${bare.replace(/[^_$a-zA-Z0-9]/g, '_')}_${absoluteHash(name)}`;
};

/** Math.abs(String.hashCode): over UTF-16 units, and negative still for -2^31. */
const absoluteHash = (text: string): number => {
  const hash = javaHashCode(text);
  return hash === -(2 ** 31) ? hash : Math.abs(hash);
};

/** java.lang.String.hashCode. */
export const javaHashCode = (text: string): number => {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  return hash;
};
