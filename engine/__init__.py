"""The pure core: frames in, effects out.

No I/O, no clock, no randomness, no Ray. Time is an argument (Unix milliseconds), state changes only through
`Registry.apply`, `Registry.tick` and `Registry.sweep`, and the same frames always give the same bytes.
It imports the standard library, msgspec and xxhash only.
"""
