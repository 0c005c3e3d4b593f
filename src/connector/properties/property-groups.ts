// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts show what users write
import type { Validator } from '../../config/index.ts';

export const login = 'Snowflake Login Info';

export const metadataFlags = 'Snowflake Metadata Flags';

export const rows = 'Rows and tables';

export const flush = 'Flush';

export const reliability = 'Reliability';

export const positive: Validator = {
  check: (value) => {
    if (value === null) return 'Value must be non-null';
    return Number(value) > 0 ? null : 'Value must be at least 1';
  },
  describe: 'more than 0',
};

/** An enum of the Snowflake connector's, in any case; `alsoAccepted`: names of other tools for one of them. */
export const anyCaseOf = (values: readonly string[], ...alsoAccepted: readonly string[]): Validator => ({
  check: (value) =>
    [...values, ...alsoAccepted].includes(String(value).toLowerCase())
      ? null
      : `String must be one of: ${values.join(', ')}`,
  describe: values.join(', '),
  recommended: values,
  ignoresCase: true,
});
