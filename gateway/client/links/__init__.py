"""The link to a venue: a key, the protocol without sockets, the socket, a loop in a thread."""
