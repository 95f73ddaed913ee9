/** What every client has, whatever its contract. */

import type { Declared, Options } from "./http.js";
import { Http } from "./http.js";
import { several, written } from "./lists.js";
import type { Writing } from "./options.js";

/** One operation of a batch. Later ones name the row of one that has an `id` as `{id.id}`. */
export interface Operation {
  method: "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
  id?: string;
  version?: number;
}

/** What came of one operation of a batch. */
export interface Done {
  status: number;
  body?: unknown;
  etag?: string;
  location?: string;
}

/** What every client has, whatever its contract. */
export class Client {
  protected readonly http: Http;
  private readonly prefix: string;

  constructor(base: string, prefix: string, problems: Record<string, Declared>, options: Options) {
    this.http = new Http(base, problems, options);
    this.prefix = prefix;
  }

  /** Several operations in one transaction: all of them are done, or none. */
  async batch(operations: readonly Operation[], options: Writing = {}): Promise<Done[]> {
    const call = written("POST", `${this.prefix}/batch`, { operations }, options);
    return several(await this.http.send(call));
  }
}
