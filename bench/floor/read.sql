SELECT concat('{"id":"', o.id, '","customer_id":', to_json(o.customer_id), ',"status":',
to_json(o.status), ',"placed_at":', coalesce(to_json(o.placed_at), 'null'), ',"created_at":',
to_json(o.created_at), ',"updated_at":', to_json(o.updated_at), ',"version":', o.version, '}') AS
body, o.version AS version FROM orders AS o WHERE o.id = $1::uuid AND (o.customer_id = $2::text)
