"""What random sessions are held to: the reference, a restored core, slow and plain counts."""
