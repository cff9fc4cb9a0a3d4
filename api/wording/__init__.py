"""Vietnamese labels and sentences that people see."""
