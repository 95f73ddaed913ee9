"""Logs: the reader of signals that writes lines."""
