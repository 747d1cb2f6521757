"""The HTTP front: decode, validate, enrich, answer. Holds no state that a restart could lose."""
