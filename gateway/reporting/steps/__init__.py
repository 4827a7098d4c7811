"""A journal read row by row, and what is known of a session at each row."""
