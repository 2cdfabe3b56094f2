"""Prints a greeting and where it runs.

    bai-agent run examples/hello.py
"""

import os
import platform
import sys

print(f"Hello from Python {platform.python_version()}")
print(f"process {os.getpid()} of user {os.getuid()}, in {os.getcwd()}")
print("this line goes to the standard error", file=sys.stderr)
