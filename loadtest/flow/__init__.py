"""Recorded order flow: read, fed into a venue, compared with its truth."""
