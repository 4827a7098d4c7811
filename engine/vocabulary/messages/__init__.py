"""Commands and events, as plain msgspec Structs. Never compiled: a compiled Struct loses its tag."""
