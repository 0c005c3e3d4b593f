/** A body that is not newline-delimited JSON objects: the whole request is refused, nothing of it is kept. */
export class NdjsonError extends Error {
  constructor(line: number, reason: string) {
    super(`Line ${line} of the request body is not a JSON object: ${reason}.`);
    this.name = 'NdjsonError';
  }
}
