"""What a request asks for, and what of it is feasible: ask + actor → plan, all of it pure."""
