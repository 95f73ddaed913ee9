// What is on the page: views, forms, lists.

export const byId = (id) => document.getElementById(id);

const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
export const time = (text) => times.format(new Date(text));

export function make(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function show(name) {
  for (const view of document.querySelectorAll("[data-view]")) {
    view.hidden = view.dataset.view !== name;
    if (view.hidden) for (const form of view.querySelectorAll("form")) clear(form);
    else view.querySelector("h1").focus();
  }
  byId("sign-out").hidden = name !== "own";
}

export function say(text) {
  const status = byId("status");
  status.hidden = text === "";
  status.textContent = text;
  if (text !== "") status.scrollIntoView({ block: "nearest" });
}

export function clear(form) {
  const error = form.querySelector(".error");
  if (error !== null) error.hidden = true;
  for (const flaw of form.querySelectorAll(".flaw")) flaw.remove();
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-errormessage");
  }
}

const wording = (error) =>
  error.wait ? `${error.message} Try again in ${error.wait} s.` : error.message;

// Say what is wrong beside the field that it is about, or above all of them.
export function explain(form, error) {
  const rest = [];
  for (const flaw of error.problem?.flaws ?? []) {
    const name = (flaw.pointer ?? "").replace(/^#?\//, "");
    const input = form.elements.namedItem(name);
    if (input instanceof HTMLInputElement && input.offsetParent !== null) {
      const id = `${input.id}-flaw`;
      const text = flaw.detail[0].toUpperCase() + flaw.detail.slice(1);
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-errormessage", id);
      input.after(make("p", { id, class: "flaw" }, text));
    } else {
      rest.push(flaw.detail);
    }
  }
  const bad = form.querySelector("[aria-invalid]");
  if (bad !== null) bad.focus();
  if (bad === null || rest.length > 0) fail(form.querySelector(".error"), error);
}

export function fail(place, error) {
  place.textContent = wording(error);
  place.hidden = false;
}

// `handle` gets the values of a form, and then the form; what it throws is explained there.
export function onSubmit(name, handle) {
  const form = document.querySelector(`form[data-form="${name}"]`);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    clear(form);
    say("");
    form.setAttribute("aria-busy", "true");
    try {
      await handle(Object.fromEntries(new FormData(form)), form);
    } catch (error) {
      explain(form, error);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

// A button that does something by itself; what goes wrong is said beside it.
export function onClick(button, handle) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    say("");
    button.parentElement.querySelector(":scope > .error.beside")?.remove();
    try {
      await handle();
    } catch (error) {
      if (error.code === "given_up") return;
      const place = make("p", { class: "error beside", role: "alert" });
      button.after(place);
      fail(place, error);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

export function fill(list, rows, nothing) {
  list.replaceChildren(...rows);
  if (rows.length === 0) list.append(make("li", { class: "nothing" }, nothing));
}

export async function copy(text, button) {
  await navigator.clipboard.writeText(text);
  button.textContent = "Copied";
}
