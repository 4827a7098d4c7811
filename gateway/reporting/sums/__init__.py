"""What a session comes to, added up: records of orders, counts, settlement, holdings, flows."""
