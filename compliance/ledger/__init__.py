"""What is open, what was bought, and what everybody is exposed to."""
