-- What a customer may read, for the role that PostGraphile takes for each request.
CREATE ROLE customer;
GRANT SELECT ON users, products, orders, order_lines TO customer;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users FOR SELECT TO customer
    USING (id = (SELECT current_setting('jwt.claims.sub')));

ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders FOR SELECT TO customer
    USING (customer_id = (SELECT current_setting('jwt.claims.sub')));

-- Lines are read with their order only, so they need no policy that looks it up once more.
COMMENT ON TABLE order_lines IS
    E'@behavior -query:resource:list -query:resource:connection -query:resource:single';
COMMENT ON COLUMN orders.created_at IS E'@behavior +orderBy';
