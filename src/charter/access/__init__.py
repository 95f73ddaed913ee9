"""Who is asking: keys and tokens."""
