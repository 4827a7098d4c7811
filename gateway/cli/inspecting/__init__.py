"""Questions to a recorded session: what happened, when, to whom, and why."""
