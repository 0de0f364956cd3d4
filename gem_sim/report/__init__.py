"""Reports and drawings: what a person looks at."""
