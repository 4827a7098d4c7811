"""What the project promises, run."""
