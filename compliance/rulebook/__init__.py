"""Rulebooks as data: their format, their parameters, and what their words mean."""
