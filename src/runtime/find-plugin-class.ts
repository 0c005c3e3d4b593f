import { ConfigDef, closestName, type PluginClass } from '../config/index.ts';
import { type PluginType, pluginTypes } from './plugins.ts';

export interface FoundPlugin extends Omit<PluginClass, 'refused'> {
  /** Why it is not taken for this, where Connect has words for it in Connect's; null: it is. */
  readonly refused: string | null;
}

const suffixes: Readonly<Record<PluginType, RegExp>> = {
  transformation: /Transformation$/,
  predicate: /Predicate$/,
  converter: /Converter$/,
  header_converter: /(?:Header)?Converter$/,
};

const interfaces: Readonly<Record<PluginType, string>> = {
  transformation: 'Transformation',
  predicate: 'Predicate',
  converter: 'Converter',
  header_converter: 'HeaderConverter',
};

type Classes = (type: PluginType) => readonly PluginClass[];

/** Full name, simple name, or simple name without the suffix of its kind; inner classes (`Cast$Value`) by their full names only. */
const named = (classes: Classes, type: PluginType, name: string): PluginClass | undefined =>
  classes(type).find(({ javaClass, refused }) => {
    if (javaClass === name || refused !== undefined) return javaClass === name;
    const simpleName = javaClass.slice(javaClass.lastIndexOf('.') + 1);
    return !simpleName.includes('$') && [simpleName, simpleName.replace(suffixes[type], '')].includes(name);
  });

/** The class that a config names, or what to say of it. */
export const findPluginClass = (
  classes: Classes,
  type: PluginType,
  name: string,
): FoundPlugin | { readonly problem: string } => {
  // A file of the user's: it has no definition, and making it tells what is wrong.
  if (type === 'transformation' && name.startsWith('module:'))
    return { javaClass: name, configDef: new ConfigDef({}), refused: null };
  const found = named(classes, type, name);
  if (found !== undefined) return { ...found, refused: found.refused ?? null };
  const forms = classes(type)
    .map(({ javaClass }) => javaClass)
    .filter((javaClass) => javaClass.startsWith(`${name}$`));
  if (forms.length > 0) {
    const refused = `This class is abstract and cannot be created. Did you mean ${forms.join(', ')}?`;
    return { javaClass: name, configDef: new ConfigDef({}), refused };
  }
  const other = pluginTypes.map((each) => named(classes, each, name)).find((each) => each !== undefined);
  if (other !== undefined) {
    return { ...other, refused: `Class class ${other.javaClass} does not implement the ${interfaces[type]} interface` };
  }
  const near = closestName(
    name,
    classes(type).flatMap(({ javaClass, refused }) => (refused === undefined ? [javaClass] : [])),
  );
  return { problem: `Class ${name} could not be found.${near === null ? '' : ` Did you mean ${near}?`}` };
};
