"""Replays in parts."""
