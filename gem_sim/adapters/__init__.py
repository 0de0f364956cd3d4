"""Doors to other software: toolkits hosted as environments, one file each; optional packages are imported there only."""
