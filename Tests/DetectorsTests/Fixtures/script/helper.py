NAME = "driftwood"
