"""Live changes over WebSocket and as server-sent events."""
