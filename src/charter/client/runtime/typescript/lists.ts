/** Rows of one place: lists and their pages, single rows, writes and commands. */

import type { Shape } from "./filters.js";
import { conditions } from "./filters.js";
import type { Answer, Call, Http, Params } from "./http.js";
import type { Change, Key } from "./live.js";
import { follow } from "./live.js";
import type { Given } from "./options.js";
import { paramsOf } from "./options.js";

const TAGS = new WeakMap<object, string>();

/** The entity tag of a row that was answered alone; undefined of others. */
export function etag(row: object): string | undefined {
  return TAGS.get(row);
}

function rowOf<R extends object>(answer: Answer): R {
  const row = JSON.parse(answer.text) as R;
  const tag = answer.headers.get("etag");
  if (tag !== null && typeof row === "object" && row !== null) {
    TAGS.set(row, tag);
  }
  return row;
}

function basedOn(version: unknown): Record<string, string> {
  if (version === undefined) {
    return {};
  }
  if (typeof version === "string") {
    return { "if-match": version };
  }
  if (typeof version === "number") {
    return { "if-match": `"${version}"` };
  }
  const row = version as { version?: number };
  const tag = etag(row) ?? (row.version === undefined ? undefined : `"${row.version}"`);
  if (tag === undefined) {
    throw new TypeError("this row does not tell its version: read it alone, or with `version`");
  }
  return { "if-match": tag };
}

/** Some rows of a list. `cursor` leads to the next page; it is undefined on the last one. */
export interface Page<R> {
  items: R[];
  cursor: string | undefined;
  count?: number;
  count_exact?: boolean;
}

/** A list that is asked for as it is read: `for await` goes through the rows of all pages. */
export class Listing<R> implements AsyncIterable<R> {
  private readonly http: Http;
  private readonly call: Call;

  constructor(http: Http, call: Call) {
    this.http = http;
    this.call = call;
  }

  /** The first page, or that at `cursor`. */
  async page(): Promise<Page<R>> {
    const { text: found } = await this.http.send(this.call);
    const { next, ...page } = JSON.parse(found) as Page<R> & { next: string | null };
    const query = next === null ? "" : next.slice(next.indexOf("?") + 1);
    return { ...page, cursor: new URLSearchParams(query).get("cursor") ?? undefined };
  }

  /** All pages, one after the other. */
  async *pages(): AsyncGenerator<Page<R>> {
    let listing: Listing<R> = this;
    for (;;) {
      const page = await listing.page();
      yield page;
      if (page.cursor === undefined) {
        return;
      }
      const kept = (this.call.params ?? []).filter(([name]) => name !== "cursor");
      const params: Params = [...kept, ["cursor", page.cursor]];
      listing = new Listing(this.http, { ...this.call, params });
    }
  }

  /** All rows at once. */
  async all(): Promise<R[]> {
    const found: R[] = [];
    for await (const row of this) {
      found.push(row);
    }
    return found;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<R> {
    for await (const page of this.pages()) {
      yield* page.items;
    }
  }
}

/** The rows at one path. */
export class Rows<R extends object> {
  readonly http: Http;
  readonly path: string;
  private readonly shape: Shape;

  constructor(http: Http, path: string, shape: Shape) {
    this.http = http;
    this.path = path;
    this.shape = shape;
  }

  /** The path of what belongs to one row. */
  below(key: Key, name: string): string {
    return `${this.at(key)}/${name}`;
  }

  list(given: object): Listing<R> {
    return new Listing(this.http, this.asked(given));
  }

  async get(key: Key, given: object & { known?: R | undefined }): Promise<R> {
    const { known } = given;
    const tag = known === undefined ? undefined : etag(known);
    const headers: Record<string, string> = tag === undefined ? {} : { "if-none-match": tag };
    const answer = await this.http.send({ ...this.asked(given), path: this.at(key), headers });
    return answer.status === 304 && known !== undefined ? known : rowOf<R>(answer);
  }

  async summarize(measures: readonly string[], given: object): Promise<Record<string, unknown>[]> {
    const call = this.asked(given);
    const params: Params = [["aggregate", measures.join(",")], ...(call.params ?? [])];
    const { text: found } = await this.http.send({ ...call, params });
    return (JSON.parse(found) as { items: Record<string, unknown>[] }).items;
  }

  async *export(given: object): AsyncGenerator<R> {
    const headers = { accept: "application/x-ndjson" };
    for await (const line of this.http.lines({ ...this.asked(given), headers })) {
      if (line !== "") {
        yield JSON.parse(line) as R;
      }
    }
  }

  follow(given: object): AsyncGenerator<Change<R>> {
    return follow(this.http, this.asked(given));
  }

  async create(values: object, given: object): Promise<R> {
    return rowOf(await this.http.send(written("POST", this.path, values, given)));
  }

  async createMany(values: readonly object[], given: object): Promise<R[]> {
    return several(await this.http.send(written("POST", this.path, values, given)));
  }

  async update(key: Key, values: object, given: object): Promise<R> {
    return rowOf(await this.http.send(written("PATCH", this.at(key), values, given)));
  }

  async updateMany(values: readonly object[], given: object): Promise<R[]> {
    return several(await this.http.send(written("PATCH", this.path, values, given)));
  }

  async replace(key: Key, values: object, given: object): Promise<R> {
    return rowOf(await this.http.send(written("PUT", this.at(key), values, given)));
  }

  async delete(key: Key, given: object): Promise<void> {
    await this.http.send(written("DELETE", this.at(key), undefined, given));
  }

  async deleteMany(keys: readonly Key[], given: object): Promise<void> {
    const call = written("DELETE", this.path, undefined, given);
    const named = conditions({}, { id: { in: keys } });
    await this.http.send({ ...call, params: [...(call.params ?? []), ...named] });
  }

  private at(key: Key): string {
    return `${this.path}/${encodeURIComponent(key)}`;
  }

  private asked(given: Given): Call {
    const params = [...paramsOf(given), ...conditions(this.shape, given.where ?? {})];
    return { method: "GET", path: this.path, params, signal: given.signal };
  }
}

export function several<R>(answer: Answer): R[] {
  return (JSON.parse(answer.text) as { items: R[] }).items;
}

export function written(method: string, path: string, body: unknown, given: Given): Call {
  const headers = basedOn(given.ifMatch);
  if (given.idempotencyKey !== undefined) {
    headers["idempotency-key"] = given.idempotencyKey;
  }
  return { method, path, params: paramsOf(given), body, headers, signal: given.signal };
}

/** Calls a command. What it gives back is decoded JSON; nothing where it gives nothing back. */
export async function command<T>(
  http: Http,
  path: string,
  values: object,
  given: object,
): Promise<T> {
  const answer = await http.send(written("POST", path, values, given));
  return (answer.text === "" ? undefined : rowOf(answer)) as T;
}
