"""What `sbx load` sends, and when: drawn ahead, from a seed, without any I/O."""
