"""Ends with an exit code of its own, which becomes that of bai-agent.

    bai-agent run examples/exit-code.py; echo $?
"""

import sys

print("about to end with exit code 7")
sys.exit(7)
