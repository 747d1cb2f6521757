"""The crash loop: a real server under load, killed and paused at random moments; afterwards everything that was acked
is looked for, row by row. `python -m tests.chaos --minutes 20`, or `make chaos MINUTES=20`."""
