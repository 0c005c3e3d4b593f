import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmulator } from '../../src/index.ts';
import { generateKeyPair } from '../support/streaming-client.ts';

/** `npm run test:java -w emulator`: Snowflake's JDBC driver and Java streaming SDK, from Maven Central, unchanged. Needs a JDK and Maven. */
const run = promisify(execFile);
const libraries = join(tmpdir(), 'snowsink-emulator-java');
const here = import.meta.dirname;

const expected: Readonly<Record<string, readonly string[]>> = {
  'Jdbc.java': [
    'inserted [1]',
    'batch [3]',
    `row [1, it's, 12.50, 2026-01-02T03:04:05.678Z, 2026-01-02, true, {\\n  "a": [\\n    1,\\n    12345678901234567890123\\n  ]\\n}, 12345678901234567890123]`,
    'types [[ID NUMBER, NAME VARCHAR, AMOUNT NUMBER, AT TIMESTAMPNTZ, D DATE, B BOOLEAN, V VARIANT, V:A[1]::STRING VARCHAR]]',
    'count [4]',
    'error [2003, 42S02]',
    'tables [[J, T]]',
    'columns [[ID NUMBER NO, NAME VARCHAR YES, AMOUNT NUMBER YES, AT TIMESTAMPNTZ YES, D DATE YES, B BOOLEAN YES, V VARIANT YES]]',
    'keys [false]',
    'second [2]',
    'put [[one.json.gz, UPLOADED]]',
    'put [[with space.json.gz, UPLOADED]]',
    'put [[two.json, UPLOADED]]',
    'list [[in/one.json.gz], [with space.json.gz], [s/plain/two.json]]',
    'copied [[LOADED, 2]]',
    'copied [[LOADED, 1]]',
    'copied [[LOADED, 1]]',
    'loaded [[10]]',
    'got [[DOWNLOADED], {"ID":3}]',
    'removed [[removed], []]',
    'streamed [{"ID":5}]',
    'catalogs [[DB], [PUBLIC, DB]]',
    'views [[DB, PUBLIC, SEEN, VIEW]]',
    'asynchronous [[42], [42]]',
    'cancelled [604, 57014]',
    'valid [true]',
  ],
  'Streaming.java': ['opened [SUCCESS]', 'committed [9]', 'reopened [9]', 'after [11, 0]', 'dropped []'],
};

const folder = mkdtempSync(join(tmpdir(), 'snowsink-java-'));
const keyPair = generateKeyPair();
const keyFile = join(folder, 'key.p8');
writeFileSync(keyFile, keyPair.privatePem, { mode: 0o600 });
const emulator = await startEmulator({
  user: 'U',
  publicKey: keyPair.publicPem,
  password: 'secret',
  commitDelayMs: 100,
  init: 'CREATE DATABASE DB; CREATE TABLE T (RECORD_CONTENT VARIANT, N NUMBER NOT NULL)',
});
try {
  const maven = [
    '-q',
    '-B',
    '-f',
    join(here, 'pom.xml'),
    'dependency:copy-dependencies',
    `-DoutputDirectory=${libraries}`,
  ];
  await run('mvn', maven, { timeout: 300_000 });
  const urls: Readonly<Record<string, string>> = {
    'Jdbc.java': `127.0.0.1:${emulator.port}`,
    'Streaming.java': emulator.url,
  };
  for (const [program, lines] of Object.entries(expected)) {
    const java = [
      '-Duser.timezone=UTC',
      '-cp',
      join(libraries, '*'),
      join(here, program),
      urls[program] ?? '',
      keyFile,
    ];
    // The driver would else ask the network which cloud it runs in.
    const env = { ...process.env, SNOWFLAKE_DISABLE_PLATFORM_DETECTION: 'true' };
    const { stdout, stderr } = await run('java', java, { timeout: 90_000, maxBuffer: 64 * 1024 * 1024, env }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    const results = stdout.split('\n').flatMap((line) => (line.startsWith('RESULT ') ? [line.slice(7)] : []));
    const differs = lines.findIndex((line, index) => results[index] !== line);
    if (differs === -1) process.stdout.write(`${program}: ${lines.length} results as expected\n`);
    else {
      process.exitCode = 1;
      process.stdout.write(
        `${program}: expected ${lines[differs]}\n  but got ${results[differs] ?? stderr.slice(-1500)}\n`,
      );
    }
  }
} finally {
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
}
