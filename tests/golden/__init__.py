"""Journals of every core version that landed, and what is promised of them."""
