#!/usr/bin/env python3
# tributary consume --processor 'exec:python3 examples/processors/uppercase.py'
# Adds a field "upper", the payload's member "text" in upper case; messages without one are dropped.
import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    text = message["payload"].get("text")
    answer = {"drop": True} if text is None else {"fields": {"upper": text.upper()}}
    print(json.dumps(answer), flush=True)
