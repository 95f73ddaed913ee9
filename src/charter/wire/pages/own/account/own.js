// The account of somebody who is signed in.

import { call, fresh } from "./api.js";
import { beSure } from "./dialogs.js";
import { byId, copy, fail, fill, make, onClick, onSubmit, say, show, time } from "./dom.js";
import { goOn, showProviders } from "./entry.js";
import { prepareFactors, showPasskeys, showTotp } from "./factors.js";
import { havePasskeys } from "./passkeys.js";

const BROWSERS = ["Edg", "OPR", "Firefox", "Chrome", "Safari"];
const NAMES = { Edg: "Edge", OPR: "Opera" };
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"];

function device(agent) {
  if (agent === null) return "A program";
  const browser = BROWSERS.find((name) => agent.includes(`${name}/`));
  const system = SYSTEMS.find((name) => agent.includes(name));
  if (browser === undefined) return agent.slice(0, 60);
  return (NAMES[browser] ?? browser) + (system === undefined ? "" : ` on ${system}`);
}

async function showSessions() {
  const { items } = await call("GET", "sessions");
  items.sort((one, other) => other.current - one.current || (other.seen_at < one.seen_at ? -1 : 1));
  const rows = items.map((item) => {
    const where = item.address === null ? "" : ` from ${item.address}`;
    const told = make("div", {}, device(item.agent));
    told.append(make("small", {}, `Since ${time(item.created_at)}${where}, seen ${time(item.seen_at)}`));
    if (item.current) return make("li", {}, told, make("span", { class: "badge good" }, "here"));
    const end = make("button", { type: "button", class: "quiet" }, "End");
    onClick(end, async () => {
      await call("DELETE", `sessions/${encodeURIComponent(item.id)}`);
      await showSessions();
    });
    return make("li", {}, told, end);
  });
  fill(byId("sessions"), rows, "Nowhere.");
  byId("sessions-end").hidden = items.length < 2;
}

async function showKeys() {
  const { items } = await call("GET", "keys");
  const rows = items.map((item) => {
    const scopes = item.scopes === null ? "all that you may" : item.scopes.join(", ");
    const used = item.used_at === null ? "not used yet" : `last used ${time(item.used_at)}`;
    const told = make("div", {}, item.name, " ", make("code", {}, `${item.prefix}…`));
    told.append(make("small", {}, `${scopes}; good until ${time(item.expires_at)}; ${used}`));
    const end = make("button", { type: "button", class: "quiet" }, "End");
    onClick(end, async () => {
      await beSure(`Programs that use “${item.name}” stop working at once.`, "End the key");
      await call("DELETE", `keys/${encodeURIComponent(item.id)}`);
      await showKeys();
    });
    return make("li", {}, told, end);
  });
  fill(byId("keys"), rows, "None yet.");
}

async function showIdentities() {
  const { items } = await call("GET", "identities");
  const rows = items.map((item) => {
    const told = make("div", {}, item.provider ?? "A provider that is gone");
    told.append(make("small", {}, `${item.email ?? ""} since ${time(item.created_at)}`.trim()));
    const remove = make("button", { type: "button", class: "quiet" }, "Remove");
    onClick(remove, async () => {
      await fresh("DELETE", `identities/${encodeURIComponent(item.id)}`);
      await showIdentities();
    });
    return make("li", {}, told, remove);
  });
  byId("identities").replaceChildren(...rows);
}

function forgetKey() {
  byId("key-made").hidden = true;
  byId("key-text").textContent = "";
}

export async function enter(me) {
  byId("who").textContent = me.email ?? me.id;
  for (const input of document.querySelectorAll('input[name="username"]')) {
    input.value = me.email ?? "";
  }
  const next = goOn();
  byId("go-on").hidden = next === null;
  if (next !== null) byId("go-on").href = next;
  showTotp(me.totp);
  forgetKey();
  const passkeys = havePasskeys ? showPasskeys() : null;
  await Promise.all([showSessions(), showKeys(), showIdentities(), passkeys]);
  show("own");
}

// `left` is called when nobody is signed in any more.
export function prepareOwn(left) {
  prepareFactors();
  onClick(byId("sign-out"), async () => {
    await call("POST", "sign-out");
    left("You are signed out.");
  });
  onSubmit("password", async ({ current_password, password }, form) => {
    await fresh("POST", "password/change", { current_password, password });
    form.reset();
    await enter(await call("GET", "me"));
    say("The password is changed.");
  });
  onSubmit("email", async ({ email }, form) => {
    await fresh("POST", "email/change", { email });
    form.reset();
    say(`A letter is on its way to ${email}. The link in it makes it your address.`);
  });
  onClick(byId("sessions-end"), async () => {
    await call("DELETE", "sessions");
    await showSessions();
  });
  onSubmit("key", async ({ name, days, reach }, form) => {
    const some = Array.from(form.querySelectorAll(".scopes :checked"), (box) => box.value);
    const scopes = { all: null, read: ["read"], some }[reach];
    const made = await call("POST", "keys", { name, days: Number(days), scopes });
    form.reset();
    form.closest("details").open = false;
    byId("key-text").textContent = made.key;
    byId("key-copy").textContent = "Copy";
    byId("key-copy").onclick = () => copy(made.key, byId("key-copy"));
    byId("key-made").hidden = false;
    byId("key-made").querySelector("h3").focus();
    await showKeys();
  });
  onClick(byId("key-done"), forgetKey);
  byId("delete").addEventListener("click", async () => {
    byId("delete-error").hidden = true;
    try {
      await beSure("Nothing brings the account back.", "Delete my account");
      await fresh("DELETE", "account");
      left("The account is deleted.");
    } catch (error) {
      if (error.code !== "given_up") fail(byId("delete-error"), error);
    }
  });
  return showProviders();
}
