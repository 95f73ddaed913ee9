// Calls the stock over gRPC as a client in JavaScript would: from its .proto alone.
// Says what it saw as one JSON document. Usage: node client.js ADDRESS PROTO FOLDER TOKEN
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const [address, proto, folder, token] = process.argv.slice(2);
const options = { keepCase: true, longs: String, enums: String, oneofs: true, includeDirs: [folder] };
const { stock } = grpc.loadPackageDefinition(loader.loadSync(proto, options));
const credentials = grpc.credentials.createInsecure();
const metadata = new grpc.Metadata();
metadata.set("authorization", `Bearer ${token}`);

const client = (service) => new stock.v1[service](address, credentials);
const call = (service, method, request) =>
  new Promise((resolve, reject) => {
    client(service)[method](request, metadata, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });

const category = await call("CategoryService", "CreateCategory", { category: { name: "Tea" } });
const product = await call("ProductService", "CreateProduct", {
  product: { name: "Assam", price: "4.50", pieces: 10, category_id: category.id },
});
const changed = await call("ProductService", "UpdateProduct", {
  id: product.id,
  product: { price: "5.00" },
  update_mask: { paths: ["price"] },
  version: product.version,
});
const listed = await call("ProductService", "ListProducts", {
  filter: { condition: { field: "category.name", values: ["Tea"] } },
  read_mask: { paths: ["name", "price", "category.name"] },
});
const streamed = [];
for await (const row of client("ProductService").StreamProducts({}, metadata)) {
  streamed.push(row.name);
}
const watched = [];
const following = client("ProductService").WatchProducts({ id: product.id }, metadata);
for await (const told of following) {
  watched.push(...(told.changes ?? []).map((change) => [change.kind, change.row.price]));
  if (told.ready) {
    await call("ProductService", "UpdateProduct", { id: product.id, product: { price: "6.00" } });
  }
  if (watched.length === 2) break;
}
const refused = await call("ProductService", "GetProduct", { id: "none" }).catch((error) => error);
console.log(
  JSON.stringify({
    created_at: Number(product.created_at.seconds) > 0,
    price: changed.price,
    version: changed.version,
    listed: listed.items.map((row) => [row.name, row.price, row.category.name, row.pieces]),
    streamed,
    refused: refused.code,
    watched,
    details: refused.metadata.get("grpc-status-details-bin").length,
  }),
);
process.exit(0);
