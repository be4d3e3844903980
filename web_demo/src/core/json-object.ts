import { ContentError } from "./edgekit-error.ts";

/** More than any count of tokens, ids or values that a bundle has, and little memory. */
export const MOST = 2 ** 25;

/** An object that was read, whose fields are asked for by type. */
export class JsonObject {
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.fields = fields;
  }

  /**
   * The object that a file holds.
   *
   * @throws ContentError it is no such file
   */
  static parse(content: Uint8Array): JsonObject {
    let root: unknown;
    try {
      root = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
    } catch (error) {
      throw new ContentError("it is not JSON", { cause: error });
    }
    if (!isObject(root)) throw new ContentError("it is no object");
    return new JsonObject(root);
  }

  /** Whether the field is there and not null. */
  has(name: string): boolean {
    return this.value(name) !== null;
  }

  text(name: string): string {
    return this.required(name, this.textOrNull(name));
  }

  textOrNull(name: string): string | null {
    return this.typed(name, isText);
  }

  /** A text that is one of those known; null where there is none. */
  oneOf<T extends string>(name: string, known: readonly T[]): T | null {
    const text = this.textOrNull(name);
    const found = known.find((each) => each === text) ?? null;
    if (text !== null && found === null) {
      throw new ContentError(`'${name}' is none that this library knows`);
    }
    return found;
  }

  flag(name: string): boolean {
    return this.required(name, this.typed(name, isFlag));
  }

  number(name: string): number {
    return this.required(name, this.numberOrNull(name));
  }

  numberOrNull(name: string): number | null {
    return this.typed(name, isNumber);
  }

  int(name: string): number {
    return this.required(name, this.intOrNull(name));
  }

  intOrNull(name: string): number | null {
    return this.typed(name, isInteger);
  }

  /** A whole number up to {@link MOST}: how many there are of something, or an id. */
  count(name: string, least = 1): number {
    return this.counted(name, this.int(name), least);
  }

  /** The field's numbers, as {@link count} has them. */
  counts(name: string): number[] {
    return Array.from(this.ints(name), (value) => this.counted(name, value, 1));
  }

  child(name: string): JsonObject {
    return this.required(name, this.childOrNull(name));
  }

  childOrNull(name: string): JsonObject | null {
    const fields = this.typed(name, isObject);
    return fields === null ? null : new JsonObject(fields);
  }

  list(name: string): readonly unknown[] {
    return this.required(name, this.typed(name, isList));
  }

  children(name: string): JsonObject[] {
    return this.items(name, isObject).map((fields) => new JsonObject(fields));
  }

  texts(name: string): string[] {
    return this.items(name, isText);
  }

  /** The field's numbers, as whole ones. */
  ints(name: string): Int32Array {
    return Int32Array.from(this.items(name, isInteger));
  }

  /** The field's numbers, as float32. */
  floats(name: string): Float32Array {
    return Float32Array.from(this.items(name, isNumber));
  }

  /** A field of arrays of two whole numbers each. */
  pairs(name: string): [number, number][] {
    return this.items(name, isPair);
  }

  /** The fields of an object whose values are texts. */
  textMap(name: string): ReadonlyMap<string, string> {
    return this.map(name, isText);
  }

  /** The fields of an object whose values are whole numbers. */
  intMap(name: string): ReadonlyMap<string, number> {
    return this.map(name, isInteger);
  }

  /** The fields of an object whose values are objects. */
  childMap(name: string): ReadonlyMap<string, JsonObject> {
    return new Map(this.child(name).entries());
  }

  /** All fields, which are objects, by name. */
  entries(): [string, JsonObject][] {
    return Object.keys(this.fields).map((name) => [name, this.child(name)]);
  }

  /** Refuses the field. */
  wrong(name: string): never {
    throw new ContentError(`'${name}' is of another type`);
  }

  private counted(name: string, value: number, least: number): number {
    if (value >= least && value <= MOST) return value;
    throw new ContentError(`'${name}' is not from ${least} to ${MOST}`);
  }

  private value(name: string): unknown {
    return Object.hasOwn(this.fields, name) ? this.fields[name] : null;
  }

  private typed<T>(name: string, is: Is<T>): T | null {
    const value = this.value(name);
    return value === null || is(value) ? value : this.wrong(name);
  }

  private items<T>(name: string, is: Is<T>): T[] {
    const list = this.list(name);
    return list.every(is) ? (list as T[]) : this.wrong(name);
  }

  private map<T>(name: string, is: Is<T>): ReadonlyMap<string, T> {
    const rows = Object.entries(this.child(name).fields);
    return new Map(
      rows.map(([key, value]) => [key, is(value) ? value : this.wrong(`${name}.${key}`)]),
    );
  }

  private required<T>(name: string, value: T | null): T {
    if (value === null) throw new ContentError(`'${name}' is missing`);
    return value;
  }
}

type Is<T> = (value: unknown) => value is T;

const LARGEST_INT = 2 ** 31;

const isText: Is<string> = (value) => typeof value === "string";
const isFlag: Is<boolean> = (value) => typeof value === "boolean";
const isNumber: Is<number> = (value) => typeof value === "number";
const isInteger: Is<number> = (value): value is number =>
  isNumber(value) && Number.isInteger(value) && Math.abs(value) < LARGEST_INT;
const isList: Is<unknown[]> = (value) => Array.isArray(value);
const isObject: Is<Record<string, unknown>> = (value): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isPair: Is<[number, number]> = (value): value is [number, number] =>
  isList(value) && value.length === 2 && value.every(isInteger);
