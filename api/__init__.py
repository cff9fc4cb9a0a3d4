"""Everything the outside touches; the ledger of work in progress. Wires the rest."""
