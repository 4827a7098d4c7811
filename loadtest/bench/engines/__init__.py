"""One stream of orders, the engines that it is sent to, and what each takes for it."""
