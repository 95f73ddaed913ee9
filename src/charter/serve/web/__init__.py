"""The HTTP app: one request from its header to the last byte of its answer."""
