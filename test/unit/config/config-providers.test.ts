// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as users write them
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '../../../src/api/index.ts';
import { createConfigProviders, resolveProviders, unresolvedVariable } from '../../../src/config/index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'providers-'));
  writeFileSync(join(folder, 's.properties'), 'user=me\nnested=${env:A}\n');
  writeFileSync(join(folder, 'key'), 'a secret\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const resolved = (text: string, worker: Record<string, string> = {}): string | undefined =>
  resolveProviders({ k: text }, createConfigProviders(worker, { A: 'one', B: 'two' }, silentLogger))['k'];

test('env, file and directory are there without being declared; several in a text', () => {
  expect(resolved('${env:A}-${env:B}!')).toBe('one-two!');
  expect(resolved(`\${file:${folder}/s.properties:user}`)).toBe('me');
  expect(resolved(`\${directory:${folder}:key}`)).toBe('a secret\n');
});

test('what is not known stays as it is, and nothing is resolved twice', () => {
  for (const text of ['${env:NONE}', '${vault:x:y}', '${topic}', '$1', '${file:']) expect(resolved(text)).toBe(text);
  expect(resolved(`\${file:${folder}/s.properties:none}`)).toBe(`\${file:${folder}/s.properties:none}`);
  expect(resolved(`\${file:${folder}/s.properties:nested}`)).toBe('${env:A}');
  expect(unresolvedVariable('x ${env:NONE}')).toBe('${env:NONE}');
  expect(unresolvedVariable('${topic}')).toBeNull();
});

test('declared providers are the only ones, with their params', () => {
  const worker = {
    'config.providers': 'secrets, e',
    'config.providers.secrets.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
    'config.providers.secrets.param.allowed.paths': `${folder}/inner`,
    'config.providers.e.class': 'io.strimzi.kafka.EnvVarConfigProvider',
    'config.providers.e.param.allowlist.pattern': 'A.*',
  };
  expect(resolved('${e:A}${e:B}', worker)).toBe('one${e:B}');
  expect(resolved('${env:A}', worker)).toBe('${env:A}');
  const refused = `\${secrets:${folder}/s.properties:user}`;
  expect(resolved(refused, worker)).toBe(refused);
  expect(resolved(`\${secrets:${folder}/inner/../s.properties:user}`, worker)).toMatch(/^\$\{/);
  const prefix = { ...worker, 'config.providers.secrets.param.allowed.paths': `${folder}/s` };
  expect(resolved(refused, prefix)).toBe(refused);
  const itself = { ...worker, 'config.providers.secrets.param.allowed.paths': `/nowhere, ${folder}/s.properties` };
  expect(resolved(refused, itself)).not.toBe(refused);
});

test('mistakes say what to write', () => {
  const declared = {
    'config.providers': 'env,file',
    'config.providers.env.class': 'EnvVarConfigProvider',
    'config.providers.file.class': 'FileConfigProvider',
  };
  expect(() => resolved('${file:/nowhere/x:y}', declared)).toThrow(/Could not read properties from file \/nowhere\/x/);
  expect(resolved('${file:/nowhere/x:y}')).toBe('${file:/nowhere/x:y}');
  expect(() => resolved('${env:path:A}', declared)).toThrow(/Path is not supported for EnvVarConfigProvider/);
  expect(() => resolved('', { 'config.providers': 'v' })).toThrow(/config\.providers\.v\.class: is missing/);
  expect(() => resolved('', { 'config.providers': 'v', 'config.providers.v.class': 'com.x.Vault' })).toThrow(
    /com\.x\.Vault does not exist here; there are: EnvVarConfigProvider, FileConfigProvider/,
  );
});
