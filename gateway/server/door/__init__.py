"""Who comes in: sockets from when they are accepted, strangers in turn, TLS, and what a WebSocket begins with."""
