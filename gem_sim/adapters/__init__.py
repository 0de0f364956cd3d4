"""Doors to other software, one file each: toolkits hosted as environments; optional packages are imported there."""
