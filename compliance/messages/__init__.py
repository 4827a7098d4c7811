"""What a snapshot of the hook is made of, as plain msgspec Structs. Never compiled: a compiled Struct loses what it is."""
