"""What the accounts are told of events, and what is kept of it for clients that reconnect."""
