/** Requests: credentials, time limits, what is tried again and what is said of failures. */

/** A bearer token, or what gives the current one; it is asked before each request. */
export type Token = string | (() => string | Promise<string>);

/**
 * How often a request is tried again, and after how many milliseconds.
 *
 * What failed in passing is: a lost connection, no answer in time, 429, 502, 503 and 504. The wait
 * is random, up to `first` at first and twice as long each time, up to `longest`; a `Retry-After`
 * is waited out, unless it is longer than `patience`.
 *
 * Writes can be tried again since each has an `Idempotency-Key` that it keeps: the service does
 * none of them twice.
 */
export interface Retries {
  most: number;
  first: number;
  longest: number;
  patience: number;
}

/** How a client speaks with its service. */
export interface Options {
  token?: Token;
  /** Milliseconds until an answer has begun; 30,000 by default. */
  timeout?: number;
  retries?: Partial<Retries>;
  /** A `fetch` of your own. */
  fetch?: typeof fetch;
}

const RETRIES: Retries = { most: 4, first: 250, longest: 8_000, patience: 60_000 };

/** One thing that is wrong with a request: at a JSON Pointer, or with a parameter. */
export interface Flaw {
  code: string;
  detail: string;
  pointer?: string;
  parameter?: string;
}

/** Problem details (RFC 9457). */
export interface Details {
  code?: string;
  title?: string;
  detail?: string;
  instance?: string;
  flaws?: Flaw[];
  [member: string]: unknown;
}

/** The service refused. `code` is stable; `members` is what it says beyond that. */
export class Problem<M = Record<string, unknown>> extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly instance: string | undefined;
  readonly flaws: readonly Flaw[];
  readonly members: M;

  constructor(status: number, details: Details) {
    const { type, title, status: _, detail, code, instance, flaws, ...members } = details;
    super(`${code ?? status}: ${detail ?? title ?? ""}`);
    this.name = new.target.name;
    this.status = status;
    this.code = code ?? "";
    this.title = title ?? "";
    this.detail = detail ?? "";
    this.instance = instance;
    this.flaws = flaws ?? [];
    this.members = members as M;
  }
}

/** A problem that a contract declares. */
export type Declared = new (status: number, details: Details) => Problem<unknown>;

/** The service did not answer, however often it was tried. */
export class Unreachable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = "Unreachable";
  }
}

export type Params = [string, string][];

export interface Call {
  method: string;
  path: string;
  params?: Params;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** What of a call is the same however often it is tried. */
interface Sent {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | null;
}

/** An answer that has been read. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

const PASSING = new Set([429, 502, 503, 504]);

/** Sends requests to one service. */
export class Http {
  readonly retries: Retries;
  private readonly base: string;
  private readonly problems: Record<string, Declared>;
  private readonly options: Options;

  constructor(base: string, problems: Record<string, Declared>, options: Options) {
    this.base = base.replace(/\/+$/, "");
    this.problems = problems;
    this.options = options;
    this.retries = { ...RETRIES, ...options.retries };
  }

  /** The answer. Throws Problem and Unreachable. */
  async send(call: Call): Promise<Answer> {
    return this.tried(call, async (sent) => {
      const watch = new Watch(call.signal, this.options.timeout ?? 30_000);
      try {
        const answer = await this.fetched(sent, watch.signal);
        const { status, headers } = answer;
        return { status, headers, text: await answer.text() };
      } finally {
        watch.end();
      }
    });
  }

  /** The lines of an answer as they come. It is tried again until it begins, not after that. */
  async *lines(call: Call, silence = this.options.timeout ?? 30_000): AsyncGenerator<string> {
    let watch = new Watch(call.signal, silence);
    try {
      const answer = await this.tried(call, async (sent) => {
        watch.end();
        watch = new Watch(call.signal, silence);
        const { status, headers, body } = await this.fetched(sent, watch.signal);
        const text = status < 400 || body === null ? "" : await new Response(body).text();
        return { status, headers, text, body };
      });
      if (answer.body !== null) {
        yield* linesOf(answer.body, watch);
      }
    } finally {
      watch.end();
    }
  }

  /** A random wait after so many failures. */
  wait(attempt: number): number {
    const { first, longest } = this.retries;
    return Math.random() * Math.min(longest, first * 2 ** Math.min(attempt, 30));
  }

  private async tried<A extends Answer>(call: Call, once: (sent: Sent) => Promise<A>): Promise<A> {
    const sent = this.sent(call);
    for (let attempt = 0; ; attempt++) {
      await this.signIn(sent);
      let wait: number;
      try {
        const answer = await once(sent);
        if (answer.status < 400) {
          return answer;
        }
        wait = this.passes(this.problemOf(answer), answer, attempt);
      } catch (error) {
        if (error instanceof Problem || call.signal?.aborted) {
          throw error;
        }
        if (attempt >= this.retries.most) {
          throw new Unreachable(`${call.method} ${call.path}: ${String(error)}`, error);
        }
        wait = this.wait(attempt);
      }
      await pause(wait, call.signal);
    }
  }

  private sent(call: Call): Sent {
    const headers: Record<string, string> = { accept: "application/json", ...call.headers };
    if (call.method !== "GET") {
      headers["idempotency-key"] ??= freshKey();
    }
    let body: string | null = null;
    if (call.body !== undefined) {
      const merged = call.method === "PATCH" && !Array.isArray(call.body);
      headers["content-type"] = merged ? "application/merge-patch+json" : "application/json";
      body = JSON.stringify(call.body);
    }
    const query = new URLSearchParams(call.params ?? []).toString();
    const url = this.base + call.path + (query === "" ? "" : `?${query}`);
    return { url, method: call.method, headers, body };
  }

  private async signIn(sent: Sent): Promise<void> {
    const { token } = this.options;
    if (token !== undefined) {
      const given = typeof token === "string" ? token : await token();
      sent.headers["authorization"] = `Bearer ${given}`;
    }
  }

  private fetched(sent: Sent, signal: AbortSignal): Promise<Response> {
    const { url, method, headers, body } = sent;
    const send = this.options.fetch ?? fetch;
    return send(url, { method, headers, body, signal, cache: "no-store" });
  }

  private problemOf(answer: Answer): Problem<unknown> {
    let details: Details = {};
    try {
      const found: unknown = JSON.parse(answer.text);
      details = typeof found === "object" && found !== null ? { ...found } : {};
    } catch {
      details = { detail: answer.text.slice(0, 200) };
    }
    const code = details.code ?? "";
    const Kind = (Object.hasOwn(this.problems, code) && this.problems[code]) || Problem;
    return new Kind(answer.status, details);
  }

  /** Milliseconds until it is worth trying again. Throws the problem where it is not. */
  private passes(problem: Problem<unknown>, answer: Answer, attempt: number): number {
    const passing = PASSING.has(problem.status) || problem.code === "in_progress";
    const told = toldBy(answer.headers.get("retry-after"));
    if (!passing || attempt >= this.retries.most || told > this.retries.patience) {
      throw problem;
    }
    return told + this.wait(attempt);
  }
}

/** Ends a request that its caller gave up, or that has been silent for too long. */
class Watch {
  private readonly controller = new AbortController();
  private readonly given: AbortSignal | undefined;
  private readonly silence: number;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stop = () => this.controller.abort(this.given?.reason);

  constructor(given: AbortSignal | undefined, silence: number) {
    this.given = given;
    this.silence = silence;
    given?.throwIfAborted();
    given?.addEventListener("abort", this.stop);
    this.heard();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  heard(): void {
    clearTimeout(this.timer);
    const late = () => this.controller.abort(new Error("no answer in time"));
    this.timer = setTimeout(late, this.silence);
  }

  end(): void {
    clearTimeout(this.timer);
    this.given?.removeEventListener("abort", this.stop);
    this.controller.abort();
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>, watch: Watch): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    watch.heard();
    const parts = (rest + decoder.decode(value, { stream: !done })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
    if (done) {
      if (rest !== "") {
        yield rest;
      }
      return;
    }
  }
}

/** A random text. `randomUUID` would be missing on pages that did not come over HTTPS. */
function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Milliseconds that a Retry-After asks for (RFC 9110, section 10.2.3). */
function toldBy(value: string | null): number {
  if (value === null) {
    return 0;
  }
  const seconds = Number(value);
  const told = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isNaN(told) ? 0 : Math.max(0, told);
}

export function pause(wait: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    const end = () => {
      signal?.removeEventListener("abort", stop);
      done();
    };
    const timer = setTimeout(end, wait);
    const stop = () => {
      clearTimeout(timer);
      failed(signal?.reason as Error);
    };
    if (signal?.aborted) {
      stop();
    } else {
      signal?.addEventListener("abort", stop, { once: true });
    }
  });
}
