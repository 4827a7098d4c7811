"""The whole venue in one process, over a simulated clock, disk and network: one seed is one run, and the same one every time."""
