/** io.debezium.schema.SchemaNameAdjuster: characters that an Avro name must not have become `_`, or `_u` and their code. */
export const adjustedName = (name: string, mode: string): string => {
  const chosen = mode.toLowerCase();
  if (chosen === 'none') return name;
  const replaced = (character: string): string =>
    chosen === 'avro' ? '_' : `_u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return name
    .split('')
    .map((character, at) =>
      (at === 0 ? /[A-Za-z_]/ : /[A-Za-z0-9_.]/).test(character) ? character : replaced(character),
    )
    .join('');
};
