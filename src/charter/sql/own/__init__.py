"""Tables of Charter's own, declared once: schema and statements are made from that."""
