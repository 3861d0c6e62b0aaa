"""The reader is made here: training data in, `models/reader` out; nothing that serves imports this."""
