"use strict";

const EVENTS = "text/event-stream";

/* The responses in an answer of server-sent events, one after the other. */
async function* responses(answer) {
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
function followed(answer, ending) {
  const found = responses(answer);
  const over = { done: true, value: undefined };
  const next = () =>
    found.next().catch((error) => {
      if (ending.signal.aborted) return over;
      throw error;
    });
  const stop = async () => {
    ending.abort();
    return over;
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: stop }) };
}

/* Of what is asked, only a subscription is answered as events. */
async function fetcher(params, options) {
  const ending = new AbortController();
  const answer = await fetch(location.pathname, {
    method: "POST",
    headers: {
      ...options?.headers,
      accept: `application/json, ${EVENTS}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(params),
    signal: ending.signal,
  });
  const isFollowed = answer.headers.get("content-type")?.startsWith(EVENTS);
  return isFollowed ? followed(answer, ending) : answer.json();
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultEditorToolsVisibility: true,
    shouldPersistHeaders: false,
  }),
);
