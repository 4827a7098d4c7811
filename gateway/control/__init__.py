"""What supervisors and operators do to a running venue, as functions that return data; who prints it stands elsewhere."""
