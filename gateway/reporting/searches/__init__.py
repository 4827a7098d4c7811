"""Patterns that a report looks for: repeated attempts, pass-through, circles."""
