// The shop with PostGraphile: its schema from the tables, who may read what by row level security.
import { createServer } from "node:http";

import { createVerifier } from "fast-jwt";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const { DATABASE_URL, JWT_AUDIENCE, JWT_ISSUER, JWT_KEY, POOL_SIZE, PORT } = process.env;

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) });

const verify = createVerifier({
  key: JWT_KEY,
  algorithms: ["HS256"],
  allowedAud: JWT_AUDIENCE,
  allowedIss: JWT_ISSUER,
  cache: true,
});

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ["public"] })],
  grafserv: { graphiql: false, watch: false },
  grafast: {
    explain: false,
    context: ({ node }) => ({
      pgSettings: { role: "customer", "jwt.claims.sub": node.req.claims.sub },
    }),
  },
};

const server = createServer();
const serv = postgraphile(preset).createServ(grafserv);
await serv.addTo(server);

// Tokens are the business of the server around it, as its documentation says.
const [answer] = server.listeners("request");
server.removeAllListeners("request");
server.on("request", (request, response) => {
  try {
    request.claims = verify((request.headers.authorization ?? "").slice("Bearer ".length));
  } catch {
    response.writeHead(401).end();
    return;
  }
  answer(request, response);
});

process.once("SIGTERM", () => server.close(() => pool.end()));
server.listen(Number(PORT), "127.0.0.1");
