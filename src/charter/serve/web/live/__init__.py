"""Live changes, served."""
