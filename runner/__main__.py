"""`python -m runner` is `consent`."""

from runner.cli import app

if __name__ == "__main__":
    app(prog_name="consent")
