"""What a change of a contract breaks, and for whom. Pure: two contracts in, findings out."""
