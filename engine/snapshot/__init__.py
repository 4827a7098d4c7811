"""A core as one versioned document: taken, written down, and made a core again."""
