"""Generated films with known truth, a classifier for them, and ways to find segments, held against each other."""
