// JSON Schemas: Fastify validates requests with them and compiles them into serializers.
const text = { type: "string" };
const uuid = { type: "string", format: "uuid" };
const integer = { type: "integer" };
const status = { type: "string", enum: ["draft", "placed", "shipped"] };
const stamps = { created_at: text, updated_at: text, version: integer };

const object = (properties, required = Object.keys(properties)) => ({ type: "object", properties, required });

const user = object({ id: text, name: text, email: text, ...stamps });

const product = object({ id: text, name: text, price: { type: "number" }, stock: integer, ...stamps });

const line = object({ id: text, order_id: text, product_id: text, quantity: integer, product, ...stamps });

const orderProperties = {
  id: text,
  customer_id: text,
  status: text,
  placed_at: { type: "string", nullable: true },
  ...stamps,
};

const order = object(orderProperties);

const orderMaybeFull = object(
  { ...orderProperties, customer: user, lines: { type: "array", items: line } },
  Object.keys(orderProperties),
);

export const readOrder = {
  params: object({ id: uuid }),
  querystring: object({ include: { type: "string", enum: ["customer,lines.product"] } }, []),
  response: { 200: orderMaybeFull },
};

export const listOrders = {
  querystring: object(
    {
      status,
      limit: { type: "integer", minimum: 1, maximum: 100, default: 20 },
      offset: { type: "integer", minimum: 0, default: 0 },
    },
    [],
  ),
  response: { 200: object({ items: { type: "array", items: order } }) },
};

export const createOrder = {
  body: object({
    lines: {
      type: "array",
      minItems: 1,
      maxItems: 100,
      items: object({ product_id: uuid, quantity: { type: "integer", minimum: 1 } }),
    },
  }),
  response: { 201: order },
};
