WITH o AS (INSERT INTO orders (id, customer_id, status, created_at, updated_at, version)
           VALUES ($1, $2, 'draft', now(), now(), 1) RETURNING *),
l AS (INSERT INTO order_lines (id, order_id, product_id, quantity, created_at, updated_at, version)
      SELECT line.id, $1, line.product, line.quantity, now(), now(), 1
      FROM unnest($3::uuid[], $4::uuid[], $5::bigint[]) AS line (id, product, quantity))
SELECT json_build_object('id', o.id, 'customer_id', o.customer_id, 'status', o.status,
    'placed_at', o.placed_at, 'created_at', o.created_at, 'updated_at', o.updated_at,
    'version', o.version)::text FROM o
