"""The peers of sessiond, each a program of its own in a virtual environment of its own: nothing here imports sessiond.

`python -m benchmarks.peers.NAME FILE ANSWERS` sessionises and counts the lines of FILE, writes one line per session to
ANSWERS and prints the seconds that it took, reading and parsing included, start-up excluded, as one line of JSON.
"""
