"""A venue file held against the venue that began with it: what the file has otherwise now, field by field."""
