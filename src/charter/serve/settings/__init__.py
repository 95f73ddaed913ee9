"""Settings: their classes, their table, and their reading from flags, environment and TOML."""
