"""A recorded session as a live venue that takes no commands: the server's turns, read from the journal."""
