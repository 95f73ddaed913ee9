/** Uses a client of tasks through a proxy that loses answers, and cuts connections at will. */

import { TodoClient, rt } from "./todo/index.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

const [proxy = "", url = "", token = ""] = process.argv.slice(2);
const cuts = new AbortController();
const todo = new TodoClient(proxy, { token, retries: { first: 10 }, fetch: cut });
const direct = new TodoClient(url, { token });
const followed: string[] = [];

/** A `fetch` whose stream of changes ends once, when it is told to. */
function cut(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const headers = init.headers as Record<string, string>;
  const live = headers["accept"] === "text/event-stream" && !cuts.signal.aborted;
  const given = init.signal as AbortSignal;
  return fetch(input, live ? { ...init, signal: AbortSignal.any([given, cuts.signal]) } : init);
}

const task = await todo.tasks.create({ title: "once" });
const changed = await todo.tasks.update(task.id, { done: false }, { ifMatch: task });
const titles = (await todo.tasks.list().all()).map((row) => row.title);

let rounds = 0;
let during = "";
for await (const change of todo.tasks.follow({ where: { done: false } })) {
  if (change.kind === "ready") {
    if (rounds++ > 0) {
      break;
    }
    during = (await direct.tasks.create({ title: "during" })).id;
  } else if (change.kind === "removed") {
    followed.push("removed");
  } else {
    followed.push(`${change.kind} ${change.row.title}`);
    if (change.row.title === "during") {
      cuts.abort(new Error("cut"));
      await direct.tasks.create({ title: "meanwhile" });
      await direct.tasks.update(task.id, { done: true });
      await direct.tasks.update(during, { title: "late" });
    }
  }
}

const nobody = new TodoClient("http://127.0.0.1:9", { retries: { most: 1, first: 1 } });
const unreachable = await nobody.tasks.list().page().then(
  () => "",
  (error: unknown) => (error instanceof rt.Unreachable ? error.name : String(error)),
);
const versions = [task.version, changed.version];
process.stdout.write(JSON.stringify({ versions, titles, followed, unreachable }));
