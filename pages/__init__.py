"""Pixels: opens files under limits, counts, renders a page to grey, always in a child process."""
