"""Rate limits: their law, the places where spending is kept, and what can be set of them."""
