"""Query plans: every shape of statement, explained, judged, and the indexes that would help."""
