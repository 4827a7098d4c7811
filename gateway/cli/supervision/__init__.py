"""What a supervisor makes of sessions: reports, what-ifs, a search for abuse, cases."""
