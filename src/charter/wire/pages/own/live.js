"use strict";

/* A client of `charter.live.v1`: it follows one path, keeps the rows, and comes back by itself. */
class Follower {
  constructor(address, token, path, shown) {
    Object.assign(this, { address, token, path, shown });
    this.rows = new Map();
    this.wait = 250;
    this.open();
  }

  open() {
    this.socket = new WebSocket(this.address);
    this.socket.addEventListener("open", () => {
      this.say({ type: "connect", ...(this.token ? { token: this.token } : {}) });
      const have = {};
      for (const [key, { tag }] of this.rows) have[key] = tag;
      this.say({ type: "subscribe", id: "page", path: this.path, have });
    });
    this.socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => this.lost());
  }

  say(message) {
    this.socket.send(JSON.stringify(message));
  }

  hear(message) {
    switch (message.type) {
      case "ping":
        this.say({ type: "pong" });
        break;
      case "ready":
        this.wait = 250;
        this.shown.state(`following ${this.path}`);
        break;
      case "changes":
        for (const change of message.changes) this.take(change);
        break;
      case "problem":
      case "ended":
      case "closing":
        this.over = message.code !== 1001 && message.code !== 4430;
        this.shown.state(message.problem.detail);
        if (this.over) this.socket.close();
        break;
    }
  }

  take({ kind, key, tag, row }) {
    if (kind === "removed") this.rows.delete(key);
    else this.rows.set(key, { tag, row });
    this.shown.change(kind, key, row);
  }

  lost() {
    if (this.over) return;
    this.shown.state("the connection is lost: trying again");
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 2, 5000);
  }

  end() {
    this.over = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}

const element = (name, text = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
};

const form = document.querySelector("form");
const state = document.querySelector("#state");
const table = document.querySelector("#rows");
const heading = document.querySelector("#names");
const log = document.querySelector("#log");

const shown = {
  state(text) {
    state.textContent = text;
  },
  clear() {
    heading.replaceChildren();
    table.replaceChildren();
    log.replaceChildren();
  },
  change(kind, key, row) {
    const entry = element("li", `${kind} ${key}`);
    entry.className = kind;
    log.prepend(entry);
    while (log.children.length > 50) log.lastChild.remove();
    const old = table.querySelector(`tr[data-key="${CSS.escape(key)}"]`);
    if (kind === "removed") {
      old?.remove();
      return;
    }
    if (!heading.children.length) {
      heading.append(...Object.keys(row).map((name) => element("th", name)));
    }
    const line = document.createElement("tr");
    line.className = "fresh";
    line.dataset.key = key;
    for (const [name, value] of Object.entries(row)) {
      const cell = element("td", typeof value === "string" ? value : JSON.stringify(value));
      cell.title = name;
      line.append(cell);
    }
    if (old) old.replaceWith(line);
    else table.append(line);
  },
};

let follower;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  follower?.end();
  shown.clear();
  shown.state("connecting");
  const address = new URL(document.body.querySelector("main").dataset.socket, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const { path, token } = Object.fromEntries(new FormData(form));
  follower = new Follower(address, token.trim(), path, shown);
});
