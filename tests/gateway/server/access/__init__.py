"""Who may come to a served venue, what each may do there, and who approves it."""
