"""The queue of distributed mode (Celery), and its worker processes."""

from __future__ import annotations

from workflow.pipeline.steps import Lane

HOUSEKEEPING = "housekeeping"
# Named here, so that a command line that only shows its help needs no Celery.
QUEUES = (*(lane.value for lane in Lane), HOUSEKEEPING)
