"""What `bai-agent quickstart` runs: a small program that shows where it is, and works for a moment."""

import os
import platform
import time

print(f"Hello from Python {platform.python_version()}")
print(f"I am process {os.getpid()} on host {platform.node()}; my folder is {os.getcwd()}")
if os.path.isdir("/proc"):
    print(f"of the processes on this machine I see {sum(name.isdigit() for name in os.listdir('/proc'))}")

inside = 0
for step in range(1, 6):
    for i in range((step - 1) * 10_000, step * 10_000):
        x, y = i * 7919 % 10_007, i * i * 31 % 10_009
        inside += x * x + y * y < 10_008**2
    print(f"after {step * 10_000} points, pi is about {4 * inside / (step * 10_000):.4f}", flush=True)
    time.sleep(0.2)
