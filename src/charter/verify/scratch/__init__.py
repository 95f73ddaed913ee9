"""Databases that are made to be filled, measured and thrown away."""
