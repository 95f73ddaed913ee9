/** Uses all of a written client of the shop against a service: its address and tokens are given. */

import type { OrderWhere, Product, ProductNew } from "./shop/index.js";
import { OutOfStock, ShopClient, rt } from "./shop/index.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

const [url = "", buyer = "", clerk = "", ada = ""] = process.argv.slice(2);
const shop = new ShopClient(url, { token: buyer });
const desk = new ShopClient(url, { token: () => clerk });
const mine = new ShopClient(`${url}/`, { token: async () => ada });
const anybody = new ShopClient(url, { timeout: 10_000 });

async function stocked(): Promise<Product[]> {
  const category = await shop.categories.create({ name: "Toys" });
  const values: ProductNew[] = [1, 2, 3, 4, 5].map((number) => ({
    category_id: category.id,
    sku: `TOY-000${number}`,
    name: `Toy, ${number} (new)`,
    price: (12.5 * number).toFixed(2),
    cost: "4.00",
    stock: 3,
  }));
  return shop.products.createMany(values);
}

async function problemOf(work: () => Promise<unknown>): Promise<rt.Problem<unknown>> {
  try {
    await work();
  } catch (error) {
    if (error instanceof rt.Problem) {
      return error;
    }
    throw error;
  }
  throw new Error("nothing was refused");
}

async function reads(products: Product[]): Promise<object> {
  const [first] = products;
  if (first === undefined) {
    throw new Error("there are no products");
  }
  const one = await shop.products.get(first.id);
  const again = await shop.products.get(first.id, { known: one });
  const hidden = await anybody.products.get(first.id);
  const some = shop.products.list({ where: { price: { gte: "25" } }, sort: ["-price"], limit: 2 });
  const page = await some.page();
  const names: string[] = [];
  for await (const product of shop.products.list({ sort: ["sku"], limit: 2 })) {
    names.push(product.name);
  }
  const where: OrderWhere = { status: "draft", created_at: { lt: new Date().toISOString() } };
  const none = await shop.orders.list({ where }).all();
  const either = await shop.products
    .list({
      where: {
        anyOf: [{ sku: "TOY-0001" }, { name: { like: "*, 2 (*" } }],
        category: { name: { in: ["Toys", "Tools, or not"] } },
        not: { active: false },
      },
    })
    .all();
  const withCategory = await shop.products.get(first.id, { include: ["category"] });
  const summed = await shop.products.summarize(["count", "max(price)"], { group: ["active"] });
  const exported: string[] = [];
  for await (const product of shop.products.export({ sort: ["-sku"] })) {
    exported.push(product.sku);
  }
  const below = await shop.categories.products(first.category_id).list({ search: "toy 3" }).all();
  const missing = await problemOf(() => shop.products.get("00000000-0000-0000-0000-000000000007"));
  return {
    known: again === one,
    tag: rt.etag(one) !== undefined,
    cost: [one.cost, hidden.cost ?? null],
    page: page.items.map((product) => product.price),
    more: page.cursor !== undefined,
    names,
    none: none.length,
    either: either.map((product) => product.sku),
    category: withCategory.category?.name,
    summed,
    exported,
    below: below.map((product) => product.sku),
    missing: [missing.status, missing.code],
  };
}

async function orders(products: Product[]): Promise<object> {
  const product_id = products[0]?.id ?? "";
  const lines = [{ product_id, quantity: 2 }];
  const order = await mine.orders.create({ lines }, { include: ["lines"] });
  const line = order.lines?.[0]?.id ?? "";
  await mine.orders.lines(order.id).update(line, { quantity: 9 });
  const refused = await problemOf(() => mine.orders.place(order.id));
  await mine.orders.lines(order.id).update(line, { quantity: 1 });
  const placed = await mine.orders.place(
    order.id,
    { note: "ring" },
    { include: ["lines.product"] },
  );
  const shipped = await desk.orders.ship(order.id, { tracking: "T1" }, { ifMatch: placed });
  const done = await mine.batch([
    { id: "a", method: "POST", path: "/v1/orders", body: { note: "x" } },
    { method: "DELETE", path: "/v1/orders/{a.id}" },
  ]);
  return {
    refused:
      refused instanceof OutOfStock
        ? [refused.members.product_id === product_id, refused.members.left, refused.code]
        : null,
    placed: [placed.status, placed.note, placed.total, placed.lines?.[0]?.product?.stock],
    shipped: shipped.status,
    batch: done.map((item) => item.status),
  };
}

async function writes(products: Product[]): Promise<object> {
  const id = (index: number): string => products[index]?.id ?? "";
  const one = await shop.products.get(id(1));
  const changed = await shop.products.update(one.id, { stock: 8 }, { ifMatch: one });
  const conflict = await problemOf(() =>
    shop.products.update(one.id, { stock: 9 }, { ifMatch: one }),
  );
  const whole = await shop.products.replace(
    one.id,
    { category_id: one.category_id, name: "New", price: "9", cost: "1" },
    { ifMatch: changed.version },
  );
  const both = await shop.products.updateMany([
    { id: id(2), stock: 1 },
    { id: id(3), stock: 2 },
  ]);
  const trial = await shop.products.update(one.id, { name: "Trial" }, { dryRun: true });
  const key = { idempotencyKey: "once" };
  const keyed = [await shop.categories.create({ name: "Once" }, key)];
  keyed.push(await shop.categories.create({ name: "Once" }, key));
  await shop.products.delete(id(4));
  await shop.products.deleteMany([id(3)]);
  const left = await shop.products.list().all();
  const flawed = await problemOf(() => shop.products.update(one.id, { name: "x".repeat(201) }));
  return {
    conflict: [conflict.status, conflict.code],
    whole: [whole.stock, whole.price],
    both: both.map((product) => product.stock),
    trial: [trial.name, (await shop.products.get(one.id)).name],
    keyed: keyed[0]?.id === keyed[1]?.id,
    left: left.length,
    flaws: flawed.flaws.map((flaw) => flaw.pointer),
  };
}

/** What is told of one product while it changes and goes. */
async function followed(id: string): Promise<object> {
  const found: unknown[] = [];
  const where = { id, stock: { lte: 5 } };
  for await (const change of shop.products.follow({ where })) {
    if (change.kind === "ready") {
      await shop.products.update(id, { stock: 5 });
    } else if (change.kind === "removed") {
      found.push(["removed", change.key === id]);
      break;
    } else {
      found.push([change.kind, change.row.stock]);
      if (change.kind === "updated") {
        await shop.products.update(id, { stock: 6 });
      }
    }
  }
  return found;
}

/** A call that its caller gives up. */
async function abandoned(): Promise<string> {
  const controller = new AbortController();
  const asked = shop.products.list({ signal: controller.signal }).all();
  controller.abort(new Error("given up"));
  return asked.then(
    () => "answered",
    (error: Error) => error.message,
  );
}

const products = await stocked();
const found = {
  ...(await reads(products)),
  ...(await orders(products)),
  ...(await writes(products)),
  followed: await followed(products[0]?.id ?? ""),
  abandoned: await abandoned(),
};
process.stdout.write(JSON.stringify(found));
