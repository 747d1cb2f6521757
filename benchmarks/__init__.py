"""What `make bench` runs: sessiond alone and beside its peers, the load made by wrk. `python -m benchmarks --help`."""
