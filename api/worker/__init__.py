"""The queue of distributed mode (Celery), and the processes that work it off."""
