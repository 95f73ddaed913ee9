"""The pipeline: an ask and an actor in, an outcome out, over one database."""
