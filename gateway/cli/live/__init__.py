"""What a venue is doing now: its health, its load, its markets as they move."""
