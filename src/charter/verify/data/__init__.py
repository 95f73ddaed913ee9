"""Realistic rows made from a contract, for scratch databases only."""
