"""GraphQL: documents to asks, outcomes to responses, the contract as a schema."""
