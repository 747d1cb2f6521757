"""What outlives a process: the journal (truth) and the stores derived from it. Imports `engine` only."""
