// The shop with Mercurius on Fastify: hand-written resolvers, loaders that batch, pg, JIT on.
import fastifyJwt from "@fastify/jwt";
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

import { schema } from "./schema.js";

const { DATABASE_URL, JWT_AUDIENCE, JWT_ISSUER, JWT_KEY, POOL_SIZE, PORT } = process.env;

const MOST_ROWS = 100;

// timestamptz as the ISO text that clients want; bigint as a number
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => text.replace(" ", "T") + ":00");
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) });

// Statements with a name are prepared once for each connection.
const rowsOf = async (name, text, values) => (await pool.query({ name, text, values })).rows;

const STAMPS = `created_at AS "createdAt", updated_at AS "updatedAt", version`;
const ORDER = `id, customer_id AS "customerId", status, placed_at AS "placedAt", ${STAMPS}`;

const READ_ORDER = `SELECT ${ORDER} FROM orders WHERE id = $1 AND customer_id = $2`;
const LIST_ORDERS = `
  SELECT ${ORDER} FROM orders WHERE customer_id = $1 AND ($2::text IS NULL OR status = $2)
  ORDER BY created_at DESC LIMIT $3`;
const CUSTOMERS = `SELECT id, name, email, ${STAMPS} FROM users WHERE id = ANY($1)`;
const LINES = `
  SELECT id, order_id AS "orderId", product_id AS "productId", quantity, ${STAMPS}
  FROM order_lines WHERE order_id = ANY($1) ORDER BY id`;
const PRODUCTS = `
  SELECT id, name, price, cost, stock, ${STAMPS} FROM products WHERE id = ANY($1)`;

const resolvers = {
  Query: {
    order: async (_, { id }, { user }) => (await rowsOf("order", READ_ORDER, [id, user.sub]))[0],
    orders: (_, { first, status }, { user }) =>
      rowsOf("orders", LIST_ORDERS, [user.sub, status ?? null, Math.min(first, MOST_ROWS)]),
  },
};

const byId = (rows) => new Map(rows.map((row) => [row.id, row]));

const loaders = {
  Order: {
    customer: async (queries) => {
      const ids = [...new Set(queries.map(({ obj }) => obj.customerId))];
      const found = byId(await rowsOf("customers", CUSTOMERS, [ids]));
      return queries.map(({ obj }) => found.get(obj.customerId));
    },
    lines: async (queries) => {
      const lines = new Map(queries.map(({ obj }) => [obj.id, []]));
      for (const line of await rowsOf("lines", LINES, [[...lines.keys()]])) lines.get(line.orderId).push(line);
      return queries.map(({ obj }) => lines.get(obj.id));
    },
  },
  OrderLine: {
    product: async (queries) => {
      const ids = [...new Set(queries.map(({ obj }) => obj.productId))];
      const found = byId(await rowsOf("products", PRODUCTS, [ids]));
      return queries.map(({ obj }) => found.get(obj.productId));
    },
  },
};

const app = Fastify({ logger: false });

app.register(fastifyJwt, {
  secret: JWT_KEY,
  verify: { algorithms: ["HS256"], allowedAud: JWT_AUDIENCE, allowedIss: JWT_ISSUER, cache: true },
});
app.addHook("onRequest", (request) => request.jwtVerify());
app.register(mercurius, {
  schema,
  resolvers,
  loaders,
  jit: 1,
  graphiql: false,
  context: (request) => ({ user: request.user }),
});

process.once("SIGTERM", () => app.close().then(() => pool.end()));
await app.listen({ host: "127.0.0.1", port: Number(PORT) });
