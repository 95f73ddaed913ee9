"""gRPC: messages and services made from the contract, without generated code."""
