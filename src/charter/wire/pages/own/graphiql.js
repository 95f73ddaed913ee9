"use strict";

const address = location.pathname;
const once = GraphiQL.createFetcher({ url: address });

/* Whether the operation that is to be run is a subscription: it is followed as events then. */
const isFollowed = (document, name) =>
  Boolean(document) &&
  document.definitions.some(
    ({ kind, operation, name: own }) =>
      kind === "OperationDefinition" &&
      operation === "subscription" &&
      (!name || own?.value === name),
  );

/* The responses in an answer of server-sent events, one after the other. */
async function* responses(params, headers, signal) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { ...headers, accept: "text/event-stream", "content-type": "application/json" },
    body: JSON.stringify(params),
    signal,
  });
  if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield await answer.json();
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (text + value).split("\n\n");
    text = events.pop();
    for (const event of events) {
      const fields = new Map(event.split("\n").map((line) => line.split(/: ?(.*)/s)));
      if (fields.get("event") === "next") yield JSON.parse(fields.get("data"));
    }
  }
}

/* The same, until whoever takes them has enough. */
function followed(params, headers) {
  const ending = new AbortController();
  const found = responses(params, headers, ending.signal);
  const next = () =>
    found.next().catch((error) => {
      if (ending.signal.aborted) return { done: true, value: undefined };
      throw error;
    });
  const stop = async () => {
    ending.abort();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: stop }) };
}

const fetcher = (params, options) =>
  isFollowed(options?.documentAST, params.operationName)
    ? followed(params, options?.headers)
    : once(params, options);

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultEditorToolsVisibility: true,
    shouldPersistHeaders: false,
  }),
);
