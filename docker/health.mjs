// The image's HEALTHCHECK: exit code 0 if the worker's REST API says that it is healthy, or if the emulator answers.
// SNOWSINK_HEALTH_URL where a worker file sets other listeners than the image's CONNECT_LISTENERS.
// not by import, which would load more than the request needs
const builtin = (name) => process.getBuiltinModule(`node:${name}`);

/** What process 1 was started with, behind entry.mjs. */
const command = () => {
  const parts = builtin('fs').readFileSync('/proc/1/cmdline', 'utf8').split('\0');
  return parts.slice(parts.findIndex((part) => part.endsWith('entry.mjs')) + 1);
};

const emulatorUrl = (args) => {
  const port = /--port[ =](\d+)/.exec(args.join(' '))?.[1];
  return `${args.some((arg) => arg.startsWith('--tls-cert')) ? 'https' : 'http'}://127.0.0.1:${port}/_emulator/state`;
};

const workerUrl = () => `http://127.0.0.1:${/:(\d+)/.exec(process.env.CONNECT_LISTENERS ?? '')?.[1] ?? '8083'}/health`;

const [program, ...args] = command();
const url = process.env.SNOWSINK_HEALTH_URL ?? (program === 'emulator' ? emulatorUrl(args) : workerUrl());
const { get } = builtin(url.startsWith('https:') ? 'https' : 'http');

get(url, { timeout: 4000, rejectUnauthorized: false }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
})
  .on('timeout', function onTimeout() {
    this.destroy(new Error('no answer within 4 s'));
  })
  .on('error', (error) => {
    process.stderr.write(`${url}: ${error.message}\n`);
    process.exitCode = 1;
  });
