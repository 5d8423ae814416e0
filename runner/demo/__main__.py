"""`python -m runner.demo` writes the files of `data/demo` again."""

from runner.demo.generate import generate

if __name__ == "__main__":
    for path, rows in generate("data/demo").items():
        print(f"{path}: {rows} rows")
