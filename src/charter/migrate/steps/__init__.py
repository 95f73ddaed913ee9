"""Typed changes to steps: one builder a dialect."""
