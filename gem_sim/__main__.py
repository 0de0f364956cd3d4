"""`python -m gem_sim`."""

from gem_sim.cli import main

if __name__ == "__main__":
    main()
