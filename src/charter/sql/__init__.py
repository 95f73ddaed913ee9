"""Plan → statement: SQL text and how to bind it. One file a dialect, no I/O."""
