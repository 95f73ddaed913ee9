/** What every client stands on. It is the same for all contracts, and needs `fetch` alone. */

export { Client, type Done, type Operation } from "./client.js";
export type { Equality, Groups, Order, Shape, Test } from "./filters.js";
export {
  Http,
  Problem,
  Unreachable,
  type Declared,
  type Details,
  type Flaw,
  type Options,
  type Retries,
  type Token,
} from "./http.js";
export { Listing, Rows, command, etag, type Page } from "./lists.js";
export type { Change, Changed, Key, Ready, Removed } from "./live.js";
export type {
  Calling,
  Changing,
  Filtering,
  Paging,
  Searching,
  Shown,
  Sorting,
  Summarizing,
  Writing,
} from "./options.js";
