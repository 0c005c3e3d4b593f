import type { KernelMemory } from './kernel-memory.ts';

/** Which JSON a column stores as it comes, so that nobody need look at it twice. */
export interface TakenAsIs {
  /** The longest string, in UTF-8 or as JSON; -1: none. */
  readonly stringBytes: number;
  /** Most digits of a number before and behind its point. -1: none, Infinity: any number. */
  readonly wholeDigits: number;
  readonly fractionDigits: number;
  readonly booleans: boolean;
  readonly objects: boolean;
  readonly arrays: boolean;
}

/** A field's column. */
export interface PlannedField {
  /** The same for all spellings of it: it is written once in a row. */
  readonly column: object;
  /** `"COLUMN":` */
  readonly prefix: string;
  readonly taken: TakenAsIs;
  readonly nullable: boolean;
  readonly isRequired: boolean;
}

/** The columns of a table as it is now: another object once it is altered. */
export interface RowColumns {
  /** How many columns a row must have. */
  readonly requiredCount: number;
  /** Null: records with this field are the host's. */
  fieldOf(name: string): PlannedField | null;
  /** JSON that the field's column stores of a string, number or boolean (`json`) that it does not take as it is; null: the record is the host's. */
  valueJson(name: string, json: string): string | null;
}

/** As columns.as.ts has them. */
const flags = { nullable: 1, booleans: 2, objects: 4, arrays: 8, required: 16 } as const;
const any = 0x7fffffff;
const questionBytes = 12;
/** Records with fields beyond them are the host's. Each has a column, so that only spellings can be so many. */
const maxFields = 5000;

/**
 * What the kernel knows of the columns that rows go into. It begins with nothing and asks, once for each field; then for each value that
 * its column does not take as it is.
 */
export class ColumnPlan {
  readonly #memory: KernelMemory;
  #columns: RowColumns | null = null;
  /** The fields that records had, in their order. */
  readonly #seen = new WeakMap<RowColumns, Set<string>>();
  /** By their addresses. */
  readonly #fields = new Map<number, string>();
  /** The first field of each column. */
  readonly #firsts = new Map<object, number>();
  #answers = 0;
  #answersBytes = 0;

  constructor(memory: KernelMemory) {
    this.#memory = memory;
  }

  /** For the next call of `rows`. Null: rows are RECORD_CONTENT. */
  use(columns: RowColumns | null): void {
    if (columns !== this.#columns) this.#begin(columns);
    if (this.#answers > 0) this.#memory.kernel.answered(this.#answers, this.#memory.answers.at, this.#answersBytes);
  }

  /** Answers what the kernel asked about a record; false: the host makes its row. */
  answer(): boolean {
    const { kernel, heap } = this.#memory;
    const asked = kernel.asked.value;
    let question = kernel.questions.value;
    if (asked === 0) return this.#learn(this.#textOf(question).slice(1, -1));
    for (const end = question + asked * questionBytes; question < end; question += questionBytes) {
      const name = this.#fields.get(heap.readUInt32LE(question)) ?? '';
      const json = this.#columns?.valueJson(name, this.#textOf(question)) ?? null;
      if (json === null || !this.#hasRoomFor(json)) return false;
      const at = this.#memory.answers.at + this.#answersBytes;
      const length = heap.write(json, at + 4, 'utf8');
      heap.writeUInt32LE(length, at);
      this.#answers++;
      this.#answersBytes += 4 + length;
    }
    return true;
  }

  #textOf(question: number): string {
    const { heap } = this.#memory;
    return heap.toString('utf8', heap.readUInt32LE(question + 4), heap.readUInt32LE(question + 8));
  }

  /** The record that was asked about is settled. */
  forgetAnswers(): void {
    this.#answers = 0;
    this.#answersBytes = 0;
  }

  #begin(columns: RowColumns | null): void {
    const { kernel, plan } = this.#memory;
    this.#columns = columns;
    this.#fields.clear();
    this.#firsts.clear();
    this.forgetAnswers();
    kernel.beginColumns(columns === null ? 0 : plan.at, plan.at + plan.bytes, columns?.requiredCount ?? 0);
    if (columns === null) return;
    for (const name of this.#seen.get(columns) ?? []) this.#add(name, columns);
  }

  #learn(name: string): boolean {
    const columns = this.#columns;
    if (columns === null) return false;
    const seen = this.#seen.get(columns) ?? new Set();
    this.#seen.set(columns, seen);
    if (seen.size >= maxFields || !this.#add(name, columns)) return false;
    seen.add(name);
    return true;
  }

  /** The name has no escapes: it stands in records as it is. */
  #add(name: string, columns: RowColumns): boolean {
    const field = columns.fieldOf(name);
    if (field === null || !this.#hasRoomFor(name + field.prefix)) return false;
    const { kernel, heap, answers } = this.#memory;
    const nameAt = answers.at + this.#answersBytes;
    const nameLength = heap.write(`"${name}":`, nameAt, 'utf8');
    const prefixLength = heap.write(`,${field.prefix}`, nameAt + nameLength, 'utf8');
    const { stringBytes, wholeDigits, fractionDigits } = field.taken;
    const at = kernel.addField(
      nameAt,
      nameLength,
      nameAt + nameLength,
      prefixLength,
      this.#firsts.get(field.column) ?? 0,
      Math.min(stringBytes, any),
      Math.min(wholeDigits, any),
      Math.min(fractionDigits, any),
      flagsOf(field),
    );
    if (at === 0) return false;
    this.#fields.set(at, name);
    if (!this.#firsts.has(field.column)) this.#firsts.set(field.column, at);
    return true;
  }

  /** A UTF-16 unit is three bytes at most. */
  #hasRoomFor(text: string): boolean {
    return this.#answersBytes + text.length * 3 + 8 <= this.#memory.answers.bytes;
  }
}

const flagsOf = ({ taken, nullable, isRequired }: PlannedField): number =>
  (nullable ? flags.nullable : 0) |
  (taken.booleans ? flags.booleans : 0) |
  (taken.objects ? flags.objects : 0) |
  (taken.arrays ? flags.arrays : 0) |
  (isRequired ? flags.required : 0);
