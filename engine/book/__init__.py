"""The living structures: orders and accounts, the two sides of an order book, waiting stops, shares of a level."""
