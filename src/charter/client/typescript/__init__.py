"""Clients in TypeScript: modules of types, places and a client, with the runtime beside them."""
