"""The benchmarks: `python -m bench`, or `make bench`. What they measure: docs/benchmarks.md."""
