SELECT string_agg(page.body, E',\n') AS body, count(*) AS present FROM (SELECT concat('{"id":"',
o.id, '","customer_id":', to_json(o.customer_id), ',"status":', to_json(o.status),
',"placed_at":', coalesce(to_json(o.placed_at), 'null'), ',"created_at":', to_json(o.created_at),
',"updated_at":', to_json(o.updated_at), ',"version":', o.version, '}') AS body, o.created_at AS
k0, o.id AS k1 FROM orders AS o WHERE (o.customer_id = $1::text AND o.status = $2::text) ORDER BY
o.created_at DESC, o.id DESC LIMIT 21) AS page
