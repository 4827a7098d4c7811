"""What tests of the core share, and how much of a slow random test each build runs."""
