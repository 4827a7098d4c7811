"""How a venue is, for whoever runs it: what it says of itself, what its directory holds, and what of that is not as it should be."""
