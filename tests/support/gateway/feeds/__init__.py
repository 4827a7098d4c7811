"""Random flow that mirrors are fed with, and what those who listen hear."""
