-- The tables every server of the benchmark reads and writes, when Charter has not made them
-- from its contract already.
CREATE TABLE users (
    id text PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL
);

CREATE TABLE products (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    price numeric(12, 2) NOT NULL CHECK (price >= 0),
    cost numeric(12, 2) NOT NULL CHECK (cost >= 0),
    stock bigint NOT NULL CHECK (stock >= 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL
);

CREATE TABLE orders (
    id uuid PRIMARY KEY,
    customer_id text NOT NULL REFERENCES users (id),
    status text NOT NULL CHECK (status IN ('draft', 'placed', 'shipped')),
    placed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE INDEX orders_customer_status_created ON orders (customer_id, status, created_at);

CREATE TABLE order_lines (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    product_id uuid NOT NULL REFERENCES products (id),
    quantity bigint NOT NULL CHECK (quantity >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE INDEX order_lines_order ON order_lines (order_id);
