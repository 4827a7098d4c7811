"""Journals on real disks and on disks that fail, and what a journal says when it is read in another way."""
