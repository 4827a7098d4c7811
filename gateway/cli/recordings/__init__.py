"""What is done with a whole recording: verify, replay, compare, save, archive, export."""
