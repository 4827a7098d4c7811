"""A market that somebody watches, live or recorded: what is seen of it as plain data, and the picture of that."""
