/** Goes on with a value that may still be under way; stays synchronous where it is not, so that a record costs no promise. */
export const andThen = <A, B>(value: A | Promise<A>, next: (value: A) => B | Promise<B>): B | Promise<B> =>
  value instanceof Promise ? value.then(next) : next(value);
