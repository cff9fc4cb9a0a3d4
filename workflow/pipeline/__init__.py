"""The order of steps, leases and the workers that run them."""
