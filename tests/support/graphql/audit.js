// The audits of graphql-http on the endpoint that is named: prints each as a line of JSON.
import { auditServer } from "graphql-http";

const [, , url] = process.argv;
for (const found of await auditServer({ url, fetchFn: fetch })) {
  const { id, name, status, reason } = found;
  console.log(JSON.stringify({ id, name, status, reason: reason ?? null }));
}
