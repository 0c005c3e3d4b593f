/** npm run bench: the whole worker (run.ts). -- goals: latency, memory and the like (run-goals.ts). -- formats: converters and rows alone (formats.ts). */
const part = process.argv[2];
await import(part === 'formats' ? './formats.ts' : part === 'goals' ? './run-goals.ts' : './run.ts');
