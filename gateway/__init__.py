"""All contact with the world: sockets, files, the clock, the `sbx` command."""
