"""Counts for a minute. Ctrl-C interrupts it; on a kernel that stays, `count` is still there afterwards.

    bai-agent run --addr 127.0.0.1:6001 --keep examples/interrupt.py        # then press Ctrl-C
    bai-agent run --addr 127.0.0.1:6001 --kernel ID -c 'print(count)'
"""

import time

count = 0
while count < 300:
    count += 1
    print(f"round {count}", flush=True)
    time.sleep(0.2)
