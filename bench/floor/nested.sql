SELECT concat('{"id":"', o.id, '","customer_id":', to_json(o.customer_id), ',"status":',
to_json(o.status), ',"placed_at":', coalesce(to_json(o.placed_at), 'null'), ',"created_at":',
to_json(o.created_at), ',"updated_at":', to_json(o.updated_at), ',"version":', o.version,
',"customer":', coalesce((SELECT concat('{"id":', to_json(u.id), ',"name":',
coalesce(to_json(u.name), 'null'), ',"email":', coalesce(to_json(u.email), 'null'),
',"created_at":', to_json(u.created_at), ',"updated_at":', to_json(u.updated_at), ',"version":',
u.version, '}') FROM users AS u WHERE u.id = o.customer_id AND (u.id = $1::text)), 'null'),
',"lines":[', (SELECT CASE WHEN count(*) > 1000 THEN concat(left(string_agg(p2.body, ','), -1 -
length((concat('[', string_agg(p2.body, ','), ']')::json -> 1000)::text)), '],"lines_cut":true')
ELSE concat(string_agg(p2.body, ','), ']') END FROM (SELECT concat('{"id":"', ol.id,
'","order_id":"', ol.order_id, '","product_id":"', ol.product_id, '","quantity":', ol.quantity,
',"created_at":', to_json(ol.created_at), ',"updated_at":', to_json(ol.updated_at), ',"version":',
ol.version, ',"product":', coalesce((SELECT concat('{"id":"', p.id, '","name":', to_json(p.name),
',"price":"', p.price, '","cost":"', p.cost, '","stock":', p.stock, ',"created_at":',
to_json(p.created_at), ',"updated_at":', to_json(p.updated_at), ',"version":', p.version, '}')
FROM products AS p WHERE p.id = ol.product_id), 'null'), '}') AS body FROM order_lines AS ol WHERE
ol.order_id = o.id ORDER BY ol.id LIMIT 1001) AS p2), '}') AS body, o.version AS version FROM
orders AS o WHERE o.id = $2::uuid AND (o.customer_id = $1::text)
