"""Bytes ↔ asks and outcomes: one folder a protocol, each with parse, render and describe."""
