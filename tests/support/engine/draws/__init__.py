"""Random commands: generators of each part of the core, and of all at once."""
