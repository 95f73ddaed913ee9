"""Symbolic values: what the functions of a contract are called with, once, at start.

Whatever Python lets them express becomes an expression; whatever it does not is refused.
"""
