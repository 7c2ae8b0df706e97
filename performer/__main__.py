"""`python -m performer`: the command line."""

from performer.cli import main

if __name__ == "__main__":
    main()
