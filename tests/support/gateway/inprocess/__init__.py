"""Venues in this process on a clock that a test turns: sessions without sockets, a session that is played again."""
