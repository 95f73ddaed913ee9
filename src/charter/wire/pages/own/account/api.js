// Requests to the service, and what it refuses.

const told = document.documentElement.dataset;
let csrf = null;

export class Refusal extends Error {
  constructor(problem, status, wait) {
    super(problem.detail || problem.title || "It did not work.");
    this.code = problem.code;
    this.status = status;
    this.problem = problem;
    this.wait = wait;
  }
}

export async function call(method, path, body) {
  const headers = { accept: "application/json" };
  if (csrf !== null) headers["x-csrf-token"] = csrf;
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(told.auth + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch {
    throw new Refusal({ detail: "The service cannot be reached just now." }, 0, null);
  }
  const text = await answer.text();
  let found = null;
  try {
    found = text === "" ? null : JSON.parse(text);
  } catch {
    throw new Refusal({ detail: "The service is not well just now." }, answer.status, null);
  }
  if (!answer.ok) {
    throw new Refusal(found || {}, answer.status, Number(answer.headers.get("retry-after")) || null);
  }
  if (found !== null && found.csrf_token !== undefined) csrf = found.csrf_token;
  return found;
}

let prove = null;

// `ask` proves once more who it is.
export function proveWith(ask) {
  prove = ask;
}

// A request that takes a sign-in of a moment ago, or a stronger one.
export async function fresh(method, path, body) {
  try {
    return await call(method, path, body);
  } catch (refusal) {
    if (refusal.code !== "insufficient_user_authentication") throw refusal;
    await prove();
    return call(method, path, body);
  }
}
