"""Recorded sessions to explain and to report on, and recounts of what is reported."""
