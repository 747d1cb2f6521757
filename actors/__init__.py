"""Who does the work: shards, persisters, the client that routes to them. One file imports ray: `remote.py`."""
