// The account page: which view is shown, and when.

import { call, proveWith } from "./api.js";
import { prepareDialogs, prove } from "./dialogs.js";
import { byId, say, show } from "./dom.js";
import { goOn, prepareEntry, wanted } from "./entry.js";
import { enter, prepareOwn } from "./own.js";
import { havePasskeys } from "./passkeys.js";

const ENTRIES = ["sign-in", "register", "forgot"];
const page = document.documentElement.dataset.page;

async function entered() {
  const next = goOn();
  if (next !== null) {
    location.assign(next);
    return;
  }
  history.replaceState(null, "", page);
  await enter(await call("GET", "me"));
}

function left(text) {
  history.replaceState(null, "", `${page}#sign-in`);
  show("sign-in");
  say(text);
}

async function route() {
  const view = wanted();
  if (view !== null && !ENTRIES.includes(view)) {
    show(view);
    return;
  }
  try {
    await enter(await call("GET", "me"));
  } catch (refusal) {
    show(view ?? "sign-in");
    if (refusal.status !== 401) say(refusal.message);
  }
}

proveWith(prove);
prepareDialogs();
prepareEntry(entered);
for (const part of document.querySelectorAll("[data-with-passkeys]")) part.hidden = !havePasskeys;
window.addEventListener("hashchange", () => {
  const view = wanted();
  if (view === null) return;
  say("");
  if (!ENTRIES.includes(view)) show(view);
  else if (byId("sign-out").hidden) show(view);
});
await Promise.all([route(), prepareOwn(left)]);
