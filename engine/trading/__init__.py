"""An order's life: checks, matching, auctions, stops, pegs, amends, cancels."""
