"""gRPC: one call from its metadata to its status, and the server of all of them."""
