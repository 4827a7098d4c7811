"""What a snapshot keeps of the mirrors, a plain Struct each."""
