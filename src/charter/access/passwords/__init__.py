"""Passwords: how they are hashed, verified and judged."""
