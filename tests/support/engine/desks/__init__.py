"""Small venues without rules, the shortest ways to send them commands, and rows of a session."""
