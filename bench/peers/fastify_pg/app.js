// The shop with Fastify and pg: hand-written SQL, JSON Schemas in and out.
import fastifyJwt from "@fastify/jwt";
import Fastify from "fastify";
import pg from "pg";
import { v7 as uuidv7 } from "uuid";

import { createOrder, listOrders, readOrder } from "./schemas.js";

const { DATABASE_URL, JWT_AUDIENCE, JWT_ISSUER, JWT_KEY, POOL_SIZE, PORT, TUNED } = process.env;

const FOREIGN_KEY_VIOLATION = "23503";

// timestamptz as the ISO text that JSON wants; bigint as a number
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => text.replace(" ", "T") + ":00");
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) });

// TUNED turns on what the documentation offers for speed: statements prepared once for each
// connection, and a cache of verified tokens.
const statement = (name, text) => (TUNED ? { name, text } : { text });

const COLUMNS = "id, customer_id, status, placed_at, created_at, updated_at, version";

const READ = statement(
  "read-order",
  `SELECT ${COLUMNS} FROM orders WHERE id = $1 AND customer_id = $2`,
);

const READ_FULL = statement(
  "read-order-full",
  `
    SELECT o.id, o.customer_id, o.status, o.placed_at, o.created_at, o.updated_at, o.version,
      json_build_object(
        'id', u.id, 'name', u.name, 'email', u.email,
        'created_at', u.created_at, 'updated_at', u.updated_at, 'version', u.version
      ) AS customer,
      (
        SELECT coalesce(json_agg(json_build_object(
          'id', l.id, 'order_id', l.order_id, 'product_id', l.product_id, 'quantity', l.quantity,
          'created_at', l.created_at, 'updated_at', l.updated_at, 'version', l.version,
          'product', json_build_object(
            'id', p.id, 'name', p.name, 'price', p.price, 'stock', p.stock,
            'created_at', p.created_at, 'updated_at', p.updated_at, 'version', p.version
          )
        ) ORDER BY l.id), '[]'::json)
        FROM order_lines l JOIN products p ON p.id = l.product_id
        WHERE l.order_id = o.id
      ) AS lines
    FROM orders o JOIN users u ON u.id = o.customer_id
    WHERE o.id = $1 AND o.customer_id = $2`,
);

const LIST = statement(
  "list-orders",
  `
    SELECT ${COLUMNS} FROM orders
    WHERE customer_id = $1 AND ($2::text IS NULL OR status = $2)
    ORDER BY created_at DESC LIMIT $3 OFFSET $4`,
);

const INSERT_ORDER = statement(
  "insert-order",
  `
    INSERT INTO orders (id, customer_id, status, created_at, updated_at, version)
    VALUES ($1, $2, 'draft', now(), now(), 1) RETURNING ${COLUMNS}`,
);

const INSERT_LINES = statement(
  "insert-lines",
  `
    INSERT INTO order_lines (id, order_id, product_id, quantity, created_at, updated_at, version)
    SELECT line.id, $2, line.product_id, line.quantity, now(), now(), 1
    FROM unnest($1::uuid[], $3::uuid[], $4::bigint[]) AS line (id, product_id, quantity)`,
);

const app = Fastify({ logger: false });

app.register(fastifyJwt, {
  secret: JWT_KEY,
  verify: { algorithms: ["HS256"], allowedAud: JWT_AUDIENCE, allowedIss: JWT_ISSUER, cache: Boolean(TUNED) },
});
app.addHook("onRequest", (request) => request.jwtVerify());

app.get("/v1/orders/:id", { schema: readOrder }, async (request, reply) => {
  const query = request.query.include ? READ_FULL : READ;
  const { rows } = await pool.query({ ...query, values: [request.params.id, request.user.sub] });
  if (rows.length === 0) return reply.code(404).send({ message: "Order not found" });
  return rows[0];
});

app.get("/v1/orders", { schema: listOrders }, async (request) => {
  const { status = null, limit, offset } = request.query;
  const { rows } = await pool.query({ ...LIST, values: [request.user.sub, status, limit, offset] });
  return { items: rows };
});

app.post("/v1/orders", { schema: createOrder }, async (request, reply) => {
  const { lines } = request.body;
  const id = uuidv7();
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query({ ...INSERT_ORDER, values: [id, request.user.sub] });
    await client.query({
      ...INSERT_LINES,
      values: [
        lines.map(() => uuidv7()),
        id,
        lines.map((line) => line.product_id),
        lines.map((line) => line.quantity),
      ],
    });
    await client.query("COMMIT");
    return reply.code(201).send(rows[0]);
  } catch (error) {
    await client.query("ROLLBACK");
    if (error.code !== FOREIGN_KEY_VIOLATION) throw error;
    return reply.code(409).send({ message: "Unknown customer or product" });
  } finally {
    client.release();
  }
});

process.once("SIGTERM", () => app.close().then(() => pool.end()));
await app.listen({ host: "127.0.0.1", port: Number(PORT) });
