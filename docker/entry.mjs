// One image, two programs: `emulator …` is the Snowflake emulator, everything else the worker.
const isEmulator = process.argv[2] === 'emulator';
if (isEmulator) process.argv.splice(2, 1);
await import(isEmulator ? '../emulator/dist/main.js' : '../dist/main.js');
