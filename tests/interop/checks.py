"""One line a check, the differences, and an exit code."""


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def check(self, name, right, seen=""):
        """Says whether something is as it has to be; what was seen instead, where it is not."""
        if right:
            self.passed += 1
            print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}\n      {str(seen).strip()}".replace("\n", "\n      "), flush=True)
        return right

    def equal(self, name, found, expected):
        return self.check(name, found == expected, f"found    {found!r}\nexpected {expected!r}")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def wrong(digits):
    """Digits of the same length that are not these."""
    return str((int(digits) + 1) % 10 ** len(digits)).zfill(len(digits))
