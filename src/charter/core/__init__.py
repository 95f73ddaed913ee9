"""What every layer shares: names, source places, problems, identifiers, signals."""
