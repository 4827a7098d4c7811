"""`sbx control`: what supervisors and operators do to a running venue, a file for each part of it."""
