"""The follower of a venue: a process beside it that keeps the index of its journal and makes its snapshots."""
