import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';

interface Allowed {
  readonly folders: readonly string[];
  readonly packages: readonly string[];
}

/** Who may import whom: arrows point towards `api`; each third-party package has one home.. */
const allowed: Readonly<Record<string, Allowed>> = {
  api: { folders: [], packages: [] },
  util: { folders: ['api'], packages: [] },
  config: { folders: ['api', 'util'], packages: ['yaml'] },
  kafka: { folders: ['api', 'config', 'util'], packages: ['kafkajs', 'lz4-napi', 'snappy'] },
  kernel: { folders: ['api', 'util'], packages: [] },
  offsets: { folders: ['api'], packages: [] },
  buffer: { folders: ['api', 'util'], packages: [] },
  registry: { folders: ['api', 'config', 'util'], packages: [] },
  converters: {
    folders: ['api', 'config', 'registry', 'util'],
    packages: ['avsc', '@bufbuild/protobuf', 'protobufjs', 'ajv', 'ajv-formats'],
  },
  transforms: { folders: ['api', 'config', 'converters', 'util'], packages: [] },
  dlq: { folders: ['api', 'util'], packages: [] },
  destinations: { folders: ['api', 'config', 'offsets', 'util'], packages: ['opossum', 'snowflake-sdk'] },
  connector: { folders: ['api', 'buffer', 'config', 'kernel', 'offsets', 'util'], packages: ['p-queue'] },
  metrics: { folders: ['api', 'util'], packages: ['prom-client'] },
  storage: { folders: ['api', 'util'], packages: [] },
  runtime: { folders: ['api', 'config', 'dlq', 'kernel', 'metrics', 'storage', 'util'], packages: [] },
  rest: { folders: ['api', 'config', 'metrics', 'runtime', 'util'], packages: ['fastify'] },
};
/** The composition root: the only places that name implementations. */
const compositionRoot = /^src\/(main|plugins|create-task|early-start|index|task-thread|table-process)\.ts$|^src\/cli\//;
const importPattern = /^(?:import|export)\s[^;]*?\sfrom '([^']+)';|^import '([^']+)';|\bimport\('([^']+)'\)/gm;

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function* violations(): Generator<string> {
  for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.as.ts')) continue;
    const file = join(entry.parentPath, entry.name).replaceAll('\\', '/');
    if (compositionRoot.test(file)) continue;
    const [, folder = ''] = file.split('/');
    for (const [, named, bare, loaded] of readFileSync(file, 'utf8').matchAll(importPattern)) {
      const specifier = named ?? bare ?? loaded ?? '';
      if (specifier.startsWith('node:')) continue;
      if (!specifier.startsWith('.')) {
        if (!allowed[folder]?.packages.includes(packageOf(specifier))) yield `${file} -> ${specifier}`;
        continue;
      }
      const [, target = ''] = posix.join(posix.dirname(file), specifier).split('/');
      if (target !== folder && !allowed[folder]?.folders.includes(target)) yield `${file} -> src/${target}`;
    }
  }
}

test('every folder imports only what DESIGN.md allows', () => {
  expect([...violations()]).toEqual([]);
});
