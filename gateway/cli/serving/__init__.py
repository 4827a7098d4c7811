"""A venue made ready and run: its file, the process that serves it, what runs beside it, what is fed into it."""
