/** What calls can be told. */

import type { Params } from "./http.js";

/** What any call takes: a signal that gives it up. */
export interface Calling {
  signal?: AbortSignal | undefined;
}

/** What is shown of a row. */
export interface Shown<Field, Include> extends Calling {
  fields?: readonly Field[] | undefined;
  include?: readonly Include[] | undefined;
}

/** How a write is done. */
export interface Writing extends Calling {
  /** Answer as if it were done; nothing is written. */
  dryRun?: boolean | undefined;
  /** A key of your own; without one, each call makes its own and keeps it while it tries. */
  idempotencyKey?: string | undefined;
}

/** Which version a change is based on: a row as it was read, its entity tag, or its version. */
export interface Changing<R> {
  ifMatch?: R | string | number | undefined;
}

/** Which rows. */
export interface Filtering<Where> extends Calling {
  where?: Where | undefined;
}

export interface Searching {
  search?: string | undefined;
}

export interface Sorting<Sort> {
  sort?: readonly Sort[] | undefined;
}

export interface Paging {
  limit?: number | undefined;
  cursor?: string | undefined;
  count?: "exact" | "estimated" | undefined;
}

export interface Summarizing<Group> {
  group?: readonly Group[] | undefined;
  sort?: readonly string[] | undefined;
  limit?: number | undefined;
}

export type Given = object & Calling & Writing & Changing<unknown> & Filtering<object>;

const WORDS = ["search", "sort", "fields", "include", "group", "limit", "cursor", "count"];

export function paramsOf(given: Given): Params {
  const found: Params = given.dryRun === true ? [["dry_run", "true"]] : [];
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (WORDS.includes(name) && value !== undefined && value !== null && value !== "") {
      const word = Array.isArray(value) ? value.join(",") : String(value);
      if (word !== "") {
        found.push([name, word]);
      }
    }
  }
  return found;
}
