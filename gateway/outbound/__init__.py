"""What goes out: private reports, market data, drop copy, made from events alone."""
