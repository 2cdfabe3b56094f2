"""Asks its user. The answers come from the standard input of bai-agent, or from your keyboard.

    bai-agent run examples/input.py
    printf 'Ada\nsecret\n' | bai-agent run examples/input.py
"""

import getpass

name = input("What is your name? ")
word = getpass.getpass("And your password? ")
print(f"Hello {name}, your password has {len(word)} characters.")
