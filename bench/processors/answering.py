# Reads each line with json and answers with json, as a program of somebody's own would.
import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    print(json.dumps({"fields": {"from": message["payload"]["kind"]}}), flush=True)
