"""The running service: the pipeline, its writes and commands, and the servers around it."""
