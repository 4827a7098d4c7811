"""What programs write and are handed: amounts, terms of orders, values of messages, pages, errors."""
