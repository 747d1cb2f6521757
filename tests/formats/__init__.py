"""One data folder of each released journal format, and what was true of it when it was written."""
