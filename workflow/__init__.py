"""Work in progress: the ledger, the pipeline of steps and the webhooks."""
