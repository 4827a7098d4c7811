"""What is said and stored: codes, bounds, rounding. Everything else in the core is made of these."""
