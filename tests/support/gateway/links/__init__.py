"""Links that cut, delay and tear, frames made by hand, and what stands in for a venue."""
