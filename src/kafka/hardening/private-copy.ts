import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction } from 'node:vm';
import type { KafkaJsModules } from './override.ts';

const outside = createRequire(import.meta.url);
const packageFolder = dirname(outside.resolve('kafkajs/package.json'));

interface CommonJsModule {
  exports: unknown;
}
type Require = (specifier: string) => unknown;
type Wrapper = (exports: unknown, require: Require, module: CommonJsModule, file: string, folder: string) => void;

/** kafkajs requires its protocol versions anew for each request, and Node looks at several places for each of them. */
const remembering = (fileOf: (name: string) => string): ((name: string) => string) => {
  const files = new Map<string, string>();
  return (name) => {
    const known = files.get(name);
    if (known !== undefined) return known;
    const file = fileOf(name);
    files.set(name, file);
    return file;
  };
};

/** File of `kafkajs/src/<path>`. */
export const sourceFile = remembering((path) => outside.resolve(`kafkajs/src/${path}`));

/** kafkajs's package.json. */
export const readPackage = (): { readonly version: string } =>
  JSON.parse(readFileSync(`${packageFolder}/package.json`, 'utf8'));

/**
 * A copy of kafkajs with a module cache of its own: what the overrides change, nobody else's kafkajs in this process sees,
 * and what others patch (tracing agents) does not reach ours. kafkajs loads its protocol versions lazily, so a shared cache could not be
 * put back after loading.
 */
export const createPrivateCopy = (): KafkaJsModules => {
  const cache = new Map<string, CommonJsModule>();
  const loadFile = (file: string): unknown => {
    const known = cache.get(file);
    if (known !== undefined) return known.exports;
    const module: CommonJsModule = { exports: {} };
    cache.set(file, module);
    const text = readFileSync(file, 'utf8');
    if (file.endsWith('.json')) module.exports = JSON.parse(text);
    else run(file, text, module);
    return module.exports;
  };
  const run = (file: string, text: string, module: CommonJsModule): void => {
    const resolver = createRequire(file);
    const fileOf = remembering((specifier) => resolver.resolve(specifier));
    const require: Require = (specifier) => {
      const resolved = fileOf(specifier);
      return resolved.startsWith(packageFolder) ? loadFile(resolved) : resolver(specifier);
    };
    const parameters = ['exports', 'require', 'module', '__filename', '__dirname'];
    const wrapper = compileFunction(text, parameters, { filename: file }) as Wrapper;
    wrapper.call(module.exports, module.exports, require, module, file, dirname(file));
  };
  return {
    load: <T>(path: string) => loadFile(sourceFile(path)) as T,
    replace(path, exports) {
      cache.set(sourceFile(path), { exports });
    },
  };
};
