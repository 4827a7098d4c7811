"""Recorded commands under other rules: the other world, what became of each order in both, and the figures of both."""
