"""What a served venue takes: round trips, and many connections."""
