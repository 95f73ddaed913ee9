"""The words of a contract, and how they become the hub's frozen values."""
