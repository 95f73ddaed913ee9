"""The contract as a GraphQL schema."""
