// The shop's page: a client of the API like any other. Its session is a cookie that it cannot read.

const byId = (id) => document.getElementById(id);
const money = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2 });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const PAGE = 24;

let me = null;
let nextPage = null;
const cart = new Map(JSON.parse(localStorage.getItem("cart") ?? "[]"));

function make(tag, options, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

async function call(method, path, body, headers = {}) {
  const answer = await fetch(path, {
    method,
    headers: { accept: "application/json", "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const found = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw Object.assign(new Error(found.detail ?? found.title), found);
  return found;
}

// What everybody may read is asked for without the cookie: a session that has ended is no matter.
async function read(path) {
  const answer = await fetch(path, { credentials: "omit" });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.detail ?? found.title);
  return found;
}

function say(text) {
  byId("status").textContent = text;
  byId("status").hidden = text === "";
}

// -- products

function productCard(product) {
  const add = make("button", { type: "button", "aria-label": `Add ${product.name} to the cart` });
  const left = product.stock === 0 ? "sold out" : `${product.stock} left`;
  add.append(product.stock === 0 ? "Sold out" : "Add");
  add.disabled = product.stock === 0;
  add.addEventListener("click", () => change(product, 1));
  return make(
    "li",
    { "data-sku": product.sku },
    make("h2", {}, product.name),
    make("small", {}, `${product.category.name} · ${left}`),
    make("div", { class: "row" }, make("span", { class: "price" }, money.format(product.price)), add),
  );
}

// Answers come in any order: that to an older search is not shown.
let searches = 0;

async function showProducts(path) {
  const current = searches;
  const page = await read(path);
  if (current !== searches) return;
  byId("products").append(...page.items.map(productCard));
  byId("no-products").hidden = byId("products").childElementCount > 0;
  nextPage = page.next;
  byId("more").hidden = nextPage === null;
}

function search() {
  searches += 1;
  const values = new FormData(byId("search"));
  const query = new URLSearchParams({ active: "true", include: "category", sort: "name", limit: PAGE });
  if (values.get("words").trim() !== "") query.set("search", values.get("words"));
  if (values.get("shelf") !== "") query.set("category_id", values.get("shelf"));
  byId("products").replaceChildren();
  return showProducts(`v1/products?${query}`);
}

// -- the cart

function change(product, by) {
  const line = cart.get(product.id) ?? { id: product.id, name: product.name, price: product.price, quantity: 0 };
  line.quantity += by;
  if (line.quantity > 0) cart.set(product.id, line);
  else cart.delete(product.id);
  showCart();
}

function showCart() {
  localStorage.setItem("cart", JSON.stringify([...cart]));
  const lines = [...cart.values()].map((line) => {
    const fewer = make("button", { type: "button", "aria-label": `One ${line.name} fewer` }, "−");
    const more = make("button", { type: "button", "aria-label": `One ${line.name} more` }, "+");
    fewer.addEventListener("click", () => change(line, -1));
    more.addEventListener("click", () => change(line, 1));
    const count = make("span", { class: "count" }, fewer, String(line.quantity), more);
    const cost = make("span", { class: "price" }, money.format(line.quantity * line.price));
    return make("li", {}, line.name, make("div", { class: "row" }, count, cost));
  });
  byId("cart-lines").replaceChildren(...lines);
  const total = [...cart.values()].reduce((sum, line) => sum + line.quantity * line.price, 0);
  byId("cart-total").textContent = money.format(total);
  byId("cart-empty").hidden = cart.size > 0;
  byId("order").hidden = cart.size === 0;
  byId("place").hidden = me === null;
  byId("sign-in-first").hidden = me !== null;
}

async function order() {
  const lines = [...cart.values()].map(({ id, quantity }) => ({ product_id: id, quantity }));
  const draft = await call("POST", "v1/orders", { lines });
  try {
    await call("POST", `v1/orders/${draft.id}/place`, { note: byId("note").value });
  } catch (error) {
    await call("DELETE", `v1/orders/${draft.id}`);
    if (error.code === "out_of_stock") {
      const short = cart.get(error.product_id)?.name ?? "a product";
      error.message = `There are only ${error.left} left of ${short}.`;
    }
    throw error;
  }
  cart.clear();
  byId("order").reset();
  showCart();
  say("Thank you! Your order is placed.");
  location.hash = "#orders";
}

// -- orders

async function showOrders() {
  const { items } = await call("GET", `v1/orders?customer_id=${encodeURIComponent(me.id)}&include=lines.product&sort=-created_at&limit=20`);
  const rows = items.map((item) => {
    const lines = item.lines.map((line) =>
      make("li", { class: "row" }, `${line.quantity} × ${line.product.name}`, make("span", { class: "price" }, money.format(line.amount))),
    );
    const head = make(
      "div",
      { class: "row" },
      make("h2", {}, day.format(new Date(item.placed_at ?? item.created_at))),
      make("span", { class: `state ${item.status}` }, item.status),
      make("span", { class: "price" }, money.format(item.total)),
    );
    const note = item.note === "" ? [] : [make("small", {}, item.note)];
    return make("li", { "data-order": item.id }, head, ...note, make("ul", {}, ...lines));
  });
  byId("orders").replaceChildren(...rows);
  byId("no-orders").hidden = rows.length > 0;
}

// -- the page

async function route() {
  const orders = location.hash === "#orders" && me !== null;
  byId("orders-view").hidden = !orders;
  byId("products-view").hidden = orders;
  byId("to-orders").toggleAttribute("aria-current", orders);
  document.querySelector('nav a[href="#products"]').toggleAttribute("aria-current", !orders);
  if (orders) await showOrders();
}

async function whoIsThere() {
  const answer = await fetch("v1/auth/me");
  me = answer.ok ? await answer.json() : null;
  byId("sign-in").hidden = me !== null;
  byId("account").hidden = byId("to-orders").hidden = me === null;
}

window.addEventListener("hashchange", async () => {
  if (location.hash !== "#orders") say("");
  await route();
  byId(location.hash === "#orders" ? "orders-title" : "products-title").focus();
});
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
byId("shelf").addEventListener("change", search);
byId("more").addEventListener("click", () => showProducts(nextPage));
byId("order").addEventListener("submit", async (event) => {
  event.preventDefault();
  const error = byId("order-error");
  error.hidden = true;
  byId("place").disabled = true;
  try {
    await order();
  } catch (refused) {
    error.textContent = refused.message;
    error.hidden = false;
  } finally {
    byId("place").disabled = false;
  }
});

// Who searches before this script is there sends the form, and comes back with what was asked.
const asked = new URLSearchParams(location.search);
byId("words").value = asked.get("words") ?? "";
const shelves = read("v1/categories?sort=name").then(({ items }) => {
  byId("shelf").append(...items.map(({ id, name }) => make("option", { value: id }, name)));
  byId("shelf").value = asked.get("shelf") ?? "";
});
showCart();
await Promise.all([whoIsThere(), asked.get("shelf") ? shelves.then(search) : search(), shelves]);
showCart();
await route();
