"""What a snapshot is made of, as plain msgspec Structs. Never compiled, as the commands are not."""
