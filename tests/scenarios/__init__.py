"""Tables that a compliance officer can read, and the tests that run them."""
