import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ConfigError, type ConnectorConfig } from '../api/index.ts';
import {
  type ConfigJson,
  type ConfigJsonObject,
  isConfigJsonObject,
  NumberText,
  parseConfigJson,
} from './config-json.ts';
import { parseConfigYaml, withDottedNames } from './config-yaml.ts';
import { parseProperties } from './properties-file.ts';

export interface ConnectorFile {
  readonly name: string;
  readonly config: ConnectorConfig;
  readonly initialState?: 'RUNNING' | 'PAUSED' | 'STOPPED';
  readonly path: string;
}

const fail = (message: string, cause?: unknown): never => {
  throw new ConfigError([{ key: '', message }], cause === undefined ? {} : { cause });
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory; check the path (it is relative to the working directory)',
  EACCES: 'this user may not read it; change its permissions or its owner',
  EISDIR: 'it is a directory, not a file',
  ENOTDIR: 'a part of the path is a file, not a directory',
};

const cannotRead = (path: string, error: unknown): never => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return fail(`Cannot read ${path}: ${reasons[code] ?? code}.`, error);
};

/** UTF-8; where the bytes are none, ISO-8859-1, which Java's properties files were meant to be in. */
const decode = (bytes: Buffer): string => {
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? bytes.toString('latin1') : text;
};

export const readTextFile = (path: string): string => {
  try {
    return decode(readFileSync(path));
  } catch (error) {
    return cannotRead(path, error);
  }
};

const isYaml = (path: string): boolean => ['.yaml', '.yml'].includes(extname(path));

const isJson = (path: string, text: string): boolean =>
  extname(path) === '.json' || /^\uFEFF?(\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*\{/.test(text);

/** What a YAML or JSON file holds; undefined: it is neither, so Java properties. */
const treeIn = (path: string, text: string): ConfigJson | undefined => {
  if (isYaml(path)) return parseConfigYaml(text, path);
  return isJson(path, text) ? parseConfigJson(text, path) : undefined;
};

const textOf = (value: ConfigJson | undefined): string | null => {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return value instanceof NumberText ? value.text : null;
};

const flatMap = (object: ConfigJsonObject, path: string): Record<string, string> => {
  const config: Record<string, string> = {};
  for (const [key, value] of object.members) {
    config[key] =
      textOf(value) ??
      fail(
        `${path}, line ${object.lines.get(key)}: the value of "${key}" must be a text (or a number, true or false); ` +
          'write lists as one text with commas: "a,b".',
      );
  }
  return config;
};

const states = ['RUNNING', 'PAUSED', 'STOPPED'] as const;

const stateOf = (value: ConfigJson | undefined, path: string): (typeof states)[number] | null => {
  if (value === undefined || value === null) return null;
  const text = textOf(value)?.toUpperCase();
  return (
    states.find((state) => state === text) ?? fail(`${path}: initial_state must be one of RUNNING, PAUSED, STOPPED.`)
  );
};

const missingName = (path: string): never =>
  fail(
    `Connector configuration at '${path}' is missing the mandatory 'name' configuration; add a line for it, ` +
      'as in name=orders or "name": "orders".',
  );

const noMembers: ConfigJsonObject = { members: new Map(), lines: new Map() };
const mapIn = ({ members }: ConfigJsonObject, key: string): ConfigJsonObject => {
  const value = members.get(key);
  return isConfigJsonObject(value) ? value : noMembers;
};

/** Strimzi's custom resource has name, class, number of tasks and state beside the config; what else is in it is the operator's. */
const fromKafkaConnectorResource = (json: ConfigJsonObject): ConfigJsonObject => {
  const spec = mapIn(json, 'spec');
  const { members, lines } = mapIn(spec, 'config');
  const config = new Map(members);
  for (const [key, member] of Object.entries({ 'connector.class': 'class', 'tasks.max': 'tasksMax' })) {
    const value = spec.members.get(member);
    if (value !== undefined) config.set(key, value);
  }
  const isPaused = textOf(spec.members.get('pause')) === 'true';
  return {
    members: new Map<string, ConfigJson>([
      ['name', mapIn(json, 'metadata').members.get('name') ?? null],
      ['config', { members: config, lines }],
      ['initial_state', spec.members.get('state') ?? (isPaused ? 'PAUSED' : null)],
    ]),
    lines: new Map(),
  };
};

const isKafkaConnector = (tree: ConfigJson | undefined): tree is ConfigJsonObject =>
  isConfigJsonObject(tree) && textOf(tree.members.get('kind')) === 'KafkaConnector';

/** Whether a file is Strimzi's custom resource. @throws ConfigError where it cannot be read */
export const isKafkaConnectorResource = (path: string): boolean => isKafkaConnector(treeIn(path, readTextFile(path)));

/**
 * KIP-980's forms: a flat map that holds `name`, or `{"name", "config", "initial_state"}` as POST /connectors takes it; or Strimzi's
 * resource of kind KafkaConnector.
 */
const fromTree = (given: ConfigJson, path: string): ConnectorFile => {
  if (!isConfigJsonObject(given)) return fail(`${path}: a connector file holds one map, { "name": …, … }.`);
  const json = isKafkaConnector(given) ? fromKafkaConnectorResource(given) : given;
  const inner = json.members.get('config');
  if (!isConfigJsonObject(inner)) {
    const config = flatMap(json, path);
    return { name: config['name'] ?? missingName(path), config, path };
  }
  const config = flatMap(inner, path);
  const name = textOf(json.members.get('name')) ?? config['name'] ?? missingName(path);
  if ((config['name'] ?? name) !== name) {
    fail(
      `Connector name configuration in 'config' doesn't match the one specified in 'name' at '${path}'; keep one of the two.`,
    );
  }
  const initialState = stateOf(json.members.get('initial_state'), path);
  return { name, config: { ...config, name }, path, ...(initialState === null ? {} : { initialState }) };
};

/** A connector file as Connect's standalone worker takes it, JSON (flat, or name and config) or Java properties, or YAML. */
export const readConnectorFile = (path: string): ConnectorFile => {
  const text = readTextFile(path);
  const tree = treeIn(path, text);
  if (tree !== undefined) return fromTree(tree, path);
  const config = parseProperties(text, path);
  return { name: config['name'] ?? missingName(path), config, path };
};

const connectorFileEndings = ['.json', '.properties', '.yaml', '.yml'];

/** Every .json, .properties and .yaml file of a folder, by name; hidden files (Kubernetes' `..data`) are left out. */
export const connectorFilesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.') && connectorFileEndings.includes(extname(name)))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    return cannotRead(folder, error);
  }
};

/** A worker file: Java properties, as Connect's, or YAML or JSON whose inner maps become dotted names. */
export const readPropertiesFile = (path: string): Record<string, string> => {
  const text = readTextFile(path);
  const tree = treeIn(path, text);
  if (tree === undefined) return parseProperties(text, path);
  if (tree === null) return {};
  return isConfigJsonObject(tree)
    ? flatMap(withDottedNames(tree), path)
    : fail(`${path}: a worker file holds one map of properties.`);
};
