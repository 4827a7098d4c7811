"""What is planted: one file for each family of abuse, drawn from its description."""
