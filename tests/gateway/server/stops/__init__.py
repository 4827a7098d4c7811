"""What a venue does when it stops, is killed, meets a fault or a slow disk, and starts again."""
