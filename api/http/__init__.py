"""The HTTP API: ``/v1``, for the one-stop software and for desks."""
