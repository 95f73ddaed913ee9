"""Values of settings that are kept elsewhere, and named by an address."""
