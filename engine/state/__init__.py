"""Everything a venue's core knows, the hook it asks, and what may be listed."""
