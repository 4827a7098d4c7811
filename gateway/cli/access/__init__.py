"""How people come to a venue: their keys, their accounts, test money."""
