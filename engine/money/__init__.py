"""What is reserved, held as cover and settled. Exact integers, conserved to the unit."""
