/** npm run bench: the whole worker (run.ts). npm run bench -- formats: converters, transforms and rows alone (formats.ts). */
await import(process.argv[2] === 'formats' ? './formats.ts' : './run.ts');
