/** Changes as they happen, over server-sent events. */

import type { Call, Http } from "./http.js";
import { Problem, pause } from "./http.js";

/** Milliseconds without a sign of life after which a connection counts as lost. */
const SILENCE = 90_000;

/** The key of a row. */
export type Key = string | number;

/** A row came into the view, or is another now. */
export interface Changed<R> {
  kind: "created" | "updated";
  key: Key;
  row: R;
}

/** A row fell out of the view. */
export interface Removed {
  kind: "removed";
  key: Key;
}

/** Everything until now has been told: at the beginning, and after a lost connection. */
export interface Ready {
  kind: "ready";
}

export type Change<R> = Changed<R> | Removed | Ready;

interface LiveEvent {
  kind: string;
  data: string;
  id: string | undefined;
}

/** What has been told of a view: it turns events into changes, each of them told once. */
class View<R> {
  position: string | undefined;
  private readonly tags = new Map<Key, string>();
  private fresh: Set<Key> | undefined;

  connected(): void {
    if (this.position === undefined) {
      this.fresh = new Set();
    }
  }

  tell({ kind, data, id }: LiveEvent): Change<R>[] {
    this.position = id ?? this.position;
    switch (kind) {
      case "reset":
        this.position = undefined;
        this.fresh = new Set();
        return [];
      case "snapshot":
      case "created":
      case "updated":
        return this.changed(JSON.parse(data) as { key: Key; tag: string; row: R });
      case "removed":
        return this.removed((JSON.parse(data) as { key: Key }).key);
      case "ready":
        return this.ready();
      default:
        return [];
    }
  }

  private changed({ key, tag, row }: { key: Key; tag: string; row: R }): Change<R>[] {
    this.fresh?.add(key);
    const known = this.tags.get(key);
    this.tags.set(key, tag);
    return known === tag ? [] : [{ kind: known === undefined ? "created" : "updated", key, row }];
  }

  private removed(key: Key): Change<R>[] {
    return this.tags.delete(key) ? [{ kind: "removed", key }] : [];
  }

  private ready(): Change<R>[] {
    const { fresh } = this;
    const gone = fresh === undefined ? [] : [...this.tags.keys()].filter((key) => !fresh.has(key));
    this.fresh = undefined;
    return [...gone.flatMap((key) => this.removed(key)), { kind: "ready" }];
  }
}

/**
 * The rows of a list, then their changes, for as long as it is read. A lost connection is made
 * again, and nothing is told twice or left out: what changed in between comes as changes.
 */
export async function* follow<R>(http: Http, call: Call): AsyncGenerator<Change<R>> {
  const view = new View<R>();
  for (let failures = 0; ; failures++) {
    try {
      for await (const event of events(http, call, view)) {
        for (const change of view.tell(event)) {
          failures = 0;
          yield change;
        }
      }
    } catch (error) {
      if (error instanceof Problem || call.signal?.aborted) {
        throw error;
      }
    }
    await pause(http.wait(failures), call.signal);
  }
}

/** The events of a stream (WHATWG HTML, section 9.2). */
async function* events<R>(http: Http, call: Call, view: View<R>): AsyncGenerator<LiveEvent> {
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (view.position !== undefined) {
    headers["last-event-id"] = view.position;
  }
  let kind = "";
  let data = "";
  let id: string | undefined;
  view.connected();
  for await (const line of http.lines({ ...call, headers }, SILENCE)) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") {
      kind = value;
    } else if (name === "data") {
      data += value;
    } else if (name === "id") {
      id = value;
    } else if (line === "" && kind !== "") {
      yield { kind, data, id };
      [kind, data, id] = ["", "", undefined];
    }
  }
}
