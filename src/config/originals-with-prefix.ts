import type { Properties } from './config-def.ts';

/** AbstractConfig.originalsWithPrefix: the properties that begin with the prefix, without it. */
export const originalsWithPrefix = (properties: Properties, prefix: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
