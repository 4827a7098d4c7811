"""Venues without rules, random sessions of them, and how they compare with the reference."""
