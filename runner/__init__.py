"""The `consent` command: what operations need beyond `dbt build`.

`dbt build` alone gives correct profiles, permissions and segments. This package adds the
deliveries with their proof, and the refresh that ties everything together.
"""

__version__ = "0.1.0"
