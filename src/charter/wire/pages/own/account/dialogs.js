// Questions that stand above the page.

import { Refusal, call } from "./api.js";
import { byId, clear, onSubmit } from "./dom.js";

const givenUp = () => new Refusal({ code: "given_up", detail: "Nothing was changed." }, 0, null);

// Open a dialog; `settle` is called with how it ended: true, or an error.
function opened(dialog, begin) {
  return new Promise((resolve, reject) => {
    begin({
      done() {
        dialog.removeEventListener("close", closed);
        dialog.close();
        resolve();
      },
    });
    const closed = () => reject(givenUp());
    dialog.addEventListener("close", closed, { once: true });
    dialog.showModal();
  });
}

let proving = null;
let asked = "password";
// The password, while the code that belongs to it is asked for.
let password = null;

function ask(kind) {
  asked = kind;
  byId("prove-text").textContent =
    kind === "code"
      ? "And now a code of your authenticator app."
      : "This takes a sign-in of a moment ago: enter your password once more.";
  for (const part of byId("prove").querySelectorAll("[data-ask]")) {
    const wanted = part.dataset.ask === kind;
    const input = part.querySelector("input");
    part.hidden = !wanted;
    input.required = wanted;
    input.value = "";
    if (wanted) input.focus();
  }
}

export function prove() {
  const dialog = byId("prove");
  clear(dialog.querySelector("form"));
  password = null;
  ask("password");
  return opened(dialog, (question) => {
    proving = question;
  });
}

let sure = null;

export function beSure(text, yes) {
  byId("sure-text").textContent = text;
  byId("sure-yes").textContent = yes;
  return opened(byId("sure"), (question) => {
    sure = question;
  });
}

export function prepareDialogs() {
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  onSubmit("sure", () => sure.done());
  onSubmit("prove", async (values) => {
    const given = password === null ? values : { password, code: values.code.trim() };
    try {
      await call("POST", "step-up", asked === "password" ? { password: given.password } : given);
    } catch (refusal) {
      if (refusal.code !== "mfa_required") throw refusal;
      password = given.password;
      ask("code");
      return;
    }
    password = null;
    proving.done();
  });
}
