from __future__ import annotations

from envsetup.cli import main

if __name__ == "__main__":
    main()
