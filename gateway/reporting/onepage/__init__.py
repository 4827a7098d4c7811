"""The report of a session as one self-contained HTML page, for who has five minutes and a printer."""
