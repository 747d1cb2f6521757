"""What `make bench` runs: five figures of this machine, the load made by wrk. `python -m benchmarks --help`."""
