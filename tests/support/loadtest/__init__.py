"""Recordings as their makers write them."""
