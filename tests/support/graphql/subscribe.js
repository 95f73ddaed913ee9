// One operation over the client of graphql-ws or of graphql-sse: prints each thing that happens as
// a line of JSON, until its input ends.
import { createClient as overEvents } from "graphql-sse";
import { createClient as overWebSocket } from "graphql-ws";
import WebSocket from "ws";

const [, , transport, url, token, query, variables, retries] = process.argv;
const say = (kind, value = null) => console.log(JSON.stringify({ kind, value }));
const bearer = token ? { Authorization: `Bearer ${token}` } : {};
const pause = () => new Promise((done) => setTimeout(done, 100));
const retrying = { retryAttempts: Number(retries), retry: pause, retryWait: pause };
const client =
  transport === "ws"
    ? overWebSocket({
        ...retrying,
        url: url.replace("http", "ws"),
        webSocketImpl: WebSocket,
        connectionParams: bearer,
        shouldRetry: () => true,
        on: {
          connected: () => say("connected"),
          closed: ({ code, reason }) => say("closed", { code, reason }),
          error: ({ message }) => say("failed", message),
        },
      })
    : overEvents({ ...retrying, url, headers: bearer });

client.subscribe(
  { query, variables: JSON.parse(variables) },
  {
    next: (value) => say("next", value),
    error: (error) => say("error", Array.isArray(error) ? error : (error.message ?? error.reason)),
    complete: () => say("complete"),
  },
);
process.stdin.on("end", () => client.dispose());
process.stdin.resume();
