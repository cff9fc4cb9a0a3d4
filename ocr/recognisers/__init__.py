"""The engines behind the recogniser port. They run in children only."""
