"""The sections of a report: one file each, and the registry that says which there are and in which order."""
