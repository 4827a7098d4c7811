"""A second, slow exchange, written from the documents alone."""
