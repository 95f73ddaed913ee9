// Before somebody is signed in: registering, signing in, letters and what their links are for.

import { call, fresh } from "./api.js";
import { byId, make, onClick, onSubmit, say, show } from "./dom.js";
import { askForPasskey } from "./passkeys.js";

const page = document.documentElement.dataset.page;
let mfaToken = null;
let letterToken = null;

// Where to go when signed in: a path of this origin and nothing else.
export function goOn() {
  const wanted = new URLSearchParams(location.search).get("next");
  if (wanted === null) return null;
  try {
    const url = new URL(wanted, location.href);
    return url.origin === location.origin ? url.href : null;
  } catch {
    return null;
  }
}

function mailed(address) {
  byId("mail-to").textContent = address;
  show("check-mail");
}

function secondStep(token) {
  mfaToken = token;
  show("code");
  byId("code-code").focus();
}

async function signIn(body, entered) {
  try {
    await call("POST", "sign-in", { ...body, mode: "browser" });
  } catch (refusal) {
    if (refusal.code !== "mfa_required") throw refusal;
    secondStep(refusal.problem.mfa_token);
    return;
  }
  await entered();
}

export async function showProviders() {
  const { items } = await call("GET", "providers");
  const path = `${document.documentElement.dataset.auth}providers/`;
  const back = new URL(goOn() ?? page, location.href);
  const query = new URLSearchParams({ return_to: back.pathname + back.search });
  const links = items.map(({ name, title }) => {
    const href = `${path}${encodeURIComponent(name)}/start?${query}`;
    return make("a", { class: "button second", href }, `Sign in with ${title}`);
  });
  byId("providers").replaceChildren(...links);
  const additions = items.map(({ name, title }) => {
    const add = make("button", { type: "button", class: "second" }, `Add ${title}`);
    onClick(add, async () => {
      const begin = `providers/${encodeURIComponent(name)}/start`;
      const { url } = await fresh("POST", begin, { return_to: page });
      location.assign(url);
    });
    return add;
  });
  byId("linked-list").replaceChildren(...additions);
  byId("linked").hidden = items.length === 0;
}

// What the path and the fragment ask for: the name of a view. Tokens leave the address at once.
export function wanted() {
  const step = location.pathname.slice(page.length).replaceAll("/", "");
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  if (step === "verify" || step === "reset") {
    letterToken = token ?? letterToken;
    return letterToken === null ? "broken" : step;
  }
  if (step === "second-factor" && token !== null) {
    mfaToken = token;
    return "code";
  }
  if (step === "check-mail") return step;
  const view = location.hash.slice(1);
  return ["register", "forgot", "sign-in"].includes(view) ? view : null;
}

// `entered` is called when somebody has signed in.
export function prepareEntry(entered) {
  onSubmit("sign-in", async (values, form) => {
    await signIn(values, entered);
    form.elements.password.value = "";
  });
  onSubmit("code", async ({ code }, form) => {
    await signIn({ mfa_token: mfaToken, code: code.trim() }, entered);
    form.reset();
  });
  onSubmit("register", async (values, form) => {
    if (values.name?.trim() === "") delete values.name;
    await call("POST", "register", values);
    form.reset();
    mailed(values.email);
  });
  onSubmit("forgot", async (values) => {
    await call("POST", "password/forgot", values);
    mailed(values.email);
  });
  onSubmit("verify", async () => {
    await call("POST", "verify", { token: letterToken });
    leaveLetter("The address is confirmed. Sign in with it.");
  });
  onSubmit("reset", async ({ password }) => {
    await call("POST", "password/reset", { token: letterToken, password });
    leaveLetter("The new password is set. Sign in with it.");
  });
  onClick(byId("passkey-sign-in"), async () => {
    const { token, options } = await call("POST", "passkeys/sign-in/options");
    const credential = await askForPasskey(options);
    await call("POST", "passkeys/sign-in", { token, credential, mode: "browser" });
    await entered();
  });
}

function leaveLetter(text) {
  letterToken = null;
  history.replaceState(null, "", `${page}#sign-in`);
  show("sign-in");
  say(text);
}
