"""Venues under rules, and the slow recounts of what they count."""
