"""Clients in Python: a package of types, places and a client, with the runtime beside it."""
