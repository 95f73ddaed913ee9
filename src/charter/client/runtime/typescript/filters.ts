/** Filters: what they are, and what they are called in a query. */

import type { Params } from "./http.js";

/** The relations of a kind of row, by which filters go on. */
export type Shape = { readonly [relation: string]: () => Shape };

export type Equality = "eq" | "ne" | "in" | "nin";
export type Order = Equality | "lt" | "lte" | "gt" | "gte";

/** A test of a field: the value that it equals, or comparators with what they compare with. */
export type Test<T, C extends string> =
  | ("eq" extends C ? T : never)
  | ("null" extends C ? null : never)
  | { readonly [K in C]?: Operand<T, C, K> | undefined }
  | undefined;

type Operand<T, C extends string, K> = K extends "in" | "nin"
  ? readonly T[]
  : K extends "like" | "ilike"
    ? string
    : K extends "null"
      ? boolean
      : K extends "eq" | "ne"
        ? T | ("null" extends C ? null : never)
        : T;

/** Groups of conditions around those of a kind of row. */
export interface Groups<W> {
  anyOf?: readonly W[] | undefined;
  allOf?: readonly W[] | undefined;
  not?: W | undefined;
}

/** The name of a condition with its value, or that of a group with its parts. */
type Part = readonly [name: string, value: unknown];

const GROUPS: ReadonlyMap<string, string> = new Map([
  ["anyOf", "any"],
  ["allOf", "all"],
  ["not", "not"],
]);
const GROUP_NAMES = new Set(GROUPS.values());

/** A filter as parameters of a query. */
export function conditions(shape: Shape, where: object): Params {
  let found = [...partsOf(shape, where, "")];
  if (new Set(found.map(([name]) => name)).size < found.length) {
    found = [["all", found]];
  }
  return found.map(([name, value]) => [name, GROUP_NAMES.has(name) ? grouped(value) : text(value)]);
}

function* partsOf(shape: Shape, where: object, path: string): Generator<Part> {
  for (const [name, value] of Object.entries(where) as [string, unknown][]) {
    const group = GROUPS.get(name);
    const target = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (value === undefined) {
      continue;
    }
    if (group !== undefined) {
      const items = (group === "not" ? [value] : value) as object[];
      yield [group, items.map((item) => together(shape, item, path))];
    } else if (target !== undefined) {
      yield* partsOf(target(), value as object, `${path}${name}.`);
    } else {
      yield* testsOf(`${path}${name}`, GROUP_NAMES.has(name), value);
    }
  }
}

function* testsOf(name: string, reserved: boolean, value: unknown): Generator<Part> {
  const tests =
    typeof value === "object" && value !== null ? Object.entries(value) : [["eq", value]];
  for (const [comparator, operand] of tests as [string, unknown][]) {
    if (operand === null) {
      yield [`${name}[null]`, comparator === "eq"];
    } else if (operand !== undefined) {
      yield [comparator === "eq" && !reserved ? name : `${name}[${comparator}]`, operand];
    }
  }
}

function together(shape: Shape, where: object, path: string): Part {
  const found = [...partsOf(shape, where, path)];
  const [first] = found;
  if (first === undefined) {
    throw new TypeError("a condition without a test");
  }
  return found.length === 1 ? first : ["all", found];
}

function grouped(value: unknown): string {
  const inner = (value as Part[]).map(([name, item]) => {
    const plain = Array.isArray(item) ? text(item) : quoted(item);
    return `${name}=${GROUP_NAMES.has(name) ? grouped(item) : plain}`;
  });
  if (inner.length === 0) {
    throw new TypeError("a group without a condition");
  }
  return `(${inner.join(",")})`;
}

function text(value: unknown): string {
  return Array.isArray(value) ? `(${value.map(quoted).join(",")})` : String(value);
}

function quoted(value: unknown): string {
  return `"${text(value).replace(/[\\"]/g, "\\$&")}"`;
}
